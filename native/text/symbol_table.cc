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

uint32_t SymbolTable::findHashed(uint32_t element) const { return hashed_ == 0 ? kAbsent : slots_[slotOf(element)]; }

uint32_t SymbolTable::internHashed(uint32_t element) {
  if (2 * (hashed_ + 1) > slots_.size()) grow();
  uint32_t& symbol = slots_[slotOf(element)];
  if (symbol == kAbsent) {
    symbol = append(element);
    ++hashed_;
  }
  return symbol;
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
