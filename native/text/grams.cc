#include "native/text/grams.h"

#include <algorithm>
#include <bit>

namespace foothold::text {

void KeyNumbers::reset(size_t capacity) {
  const size_t size = std::bit_ceil(std::max<size_t>(2 * capacity, 16));
  slots_.assign(size, {0, kAbsent});
  shift_ = 64 - static_cast<uint32_t>(std::countr_zero(size));
  size_ = 0;
}

// The slot that holds the key, or the free one where it belongs.
size_t KeyNumbers::slotOf(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  // Multiplicative hashing (Knuth); both halves of the key reach the top bits once they are mixed.
  size_t slot = ((key ^ key >> 29) * 0x9E3779B97F4A7C15u) >> shift_;
  while (slots_[slot].number != kAbsent && slots_[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

uint32_t KeyNumbers::intern(uint64_t key) {
  Slot& slot = slots_[slotOf(key)];
  if (slot.number == kAbsent) slot = {key, size_++};
  return slot.number;
}

void Grams::start(const Comparison& comparison, Range range) {
  length = 1;
  count = comparison.num_symbols;
  const auto copy = [this](std::span<const uint32_t> from, uint32_t low, uint32_t high, std::vector<uint32_t>& to) {
    to.resize(high - low);
    for (uint32_t i = low; i < high; ++i) to[i - low] = from[i] < count ? from[i] : kAbsent;
  };
  copy(comparison.a_core, range.a_low, range.a_high, a);
  copy(comparison.b_core, range.b_low, range.b_high, b);
}

// An excluded symbol is num_symbols in a and num_symbols + 1 in b, so that grams with one are never equal.
void Grams::startEight(const Comparison& comparison, Range range, KeyNumbers& numbers) {
  length = 8;
  const auto numberAll = [](std::span<const uint32_t> from, uint32_t low, uint32_t high, std::vector<uint32_t>& to,
                            auto number) {
    to.resize(high - low < 8 ? 0 : high - low - 7);
    uint64_t key = 0;
    for (uint32_t i = low; i < high; ++i) {
      key = key << 8 | static_cast<uint8_t>(from[i]);
      if (i - low >= 7) to[i - low - 7] = number(key);
    }
  };
  numbers.reset(range.b_high - range.b_low);
  numberAll(comparison.b_core, range.b_low, range.b_high, b, [&](uint64_t key) { return numbers.intern(key); });
  numberAll(comparison.a_core, range.a_low, range.a_high, a, [&](uint64_t key) { return numbers.find(key); });
  count = numbers.size();
}

void Grams::join(const Grams& shorter, uint32_t offset, KeyNumbers& numbers) {
  length = shorter.length + offset;
  const auto joinAll = [offset](const std::vector<uint32_t>& from, std::vector<uint32_t>& to, auto number) {
    to.resize(from.size() - std::min<size_t>(offset, from.size()));
    for (size_t i = 0; i < to.size(); ++i) {
      const bool alive = from[i] != kAbsent && from[i + offset] != kAbsent;
      to[i] = alive ? number(pairKey(from[i], from[i + offset])) : kAbsent;
    }
  };
  numbers.reset(shorter.b.size());
  joinAll(shorter.b, b, [&](uint64_t key) { return numbers.intern(key); });
  joinAll(shorter.a, a, [&](uint64_t key) { return numbers.find(key); });
  count = numbers.size();
}

}  // namespace foothold::text
