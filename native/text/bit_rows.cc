#include "native/text/bit_rows.h"

#include <algorithm>

namespace foothold::text {

void BitRows::build(std::span<const uint32_t> b, uint32_t low, uint32_t high, uint32_t num_symbols) {
  low_ = low;
  high_ = high;
  words_ = wordsFor(high - low);
  bits_.assign(sizeFor(high - low, num_symbols) + kMaxLanes, 0);
  uint64_t* const bits = bits_.data();
  for (uint32_t word = 0, own = low; word < words_; ++word, own += kOwnColumns) {
    const uint32_t end = std::min(own + kOwnColumns, high);
    uint32_t j = word == 0 ? own : own - kOverlap;
    for (uint64_t bit = uint64_t{1} << (j + kOverlap - own); j < end; ++j, bit <<= 1) {
      if (b[j] < num_symbols) bits[static_cast<size_t>(b[j]) * words_ + word] |= bit;
    }
  }
}

}  // namespace foothold::text
