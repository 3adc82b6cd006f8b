#include "native/text/comparison.h"

#include <algorithm>

namespace foothold::text {

Comparison ComparisonBuilder::build(std::span<const uint32_t> a, const SequenceIndex& index) {
  const uint32_t num_symbols = index.table().size();
  a_core_.resize(a.size());
  if (!index.hasExcluded()) {
    for (size_t i = 0; i < a.size(); ++i) a_core_[i] = std::min(index.table().find(a[i]), num_symbols);
    return {a_core_, index.coreSymbols(), num_symbols, a_core_, &index};
  }
  a_all_.resize(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const uint32_t symbol = std::min(index.table().find(a[i]), num_symbols);
    a_all_[i] = symbol;
    a_core_[i] = symbol < num_symbols && index.role(symbol) == Role::kPlain ? symbol : num_symbols;
  }
  return {a_core_, index.coreSymbols(), num_symbols, a_all_, &index};
}

}  // namespace foothold::text
