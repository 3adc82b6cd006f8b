#include "native/text/symbol_table.h"

#include <bit>

namespace foothold::text {

SymbolTable::SymbolTable() { direct_.fill(kAbsent); }

// The slot that holds the element, or the free one where it belongs.
size_t SymbolTable::slotOf(uint32_t element) const {
  const size_t mask = slots_.size() - 1;
  // Multiplicative hashing (Knuth): neighbouring code points land far apart.
  size_t slot = (element * 2654435769u) >> (32 - std::bit_width(mask));
  while (slots_[slot] != kAbsent && elements_[slots_[slot]] != element) slot = (slot + 1) & mask;
  return slot;
}

uint32_t SymbolTable::find(uint32_t element) const {
  if (element < kDirect) return direct_[element];
  return hashed_ == 0 ? kAbsent : slots_[slotOf(element)];
}

uint32_t SymbolTable::intern(uint32_t element) {
  uint32_t* entry;
  if (element < kDirect) {
    entry = &direct_[element];
  } else {
    if (2 * (hashed_ + 1) > slots_.size()) grow();
    entry = &slots_[slotOf(element)];
    if (*entry == kAbsent) ++hashed_;
  }
  if (*entry == kAbsent) {
    *entry = size();
    elements_.push_back(element);
  }
  return *entry;
}

void SymbolTable::grow() {
  slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), kAbsent);
  for (uint32_t symbol = 0; symbol < size(); ++symbol) {
    if (elements_[symbol] >= kDirect) slots_[slotOf(elements_[symbol])] = symbol;
  }
}

void SymbolTable::clear() {
  for (uint32_t element : elements_) {
    if (element < kDirect) direct_[element] = kAbsent;
  }
  if (hashed_ != 0) slots_.assign(slots_.size(), kAbsent);
  hashed_ = 0;
  elements_.clear();
}

}  // namespace foothold::text
