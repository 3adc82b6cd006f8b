#include "native/text/position_lists.h"

namespace foothold::text {

// A counting sort. While it runs, starts_[s + 1] is where the next position of s goes.
void PositionLists::build(std::span<const uint32_t> symbols, uint32_t num_symbols) {
  starts_.assign(num_symbols + 2, 0);
  for (uint32_t symbol : symbols) {
    if (symbol < num_symbols) ++starts_[symbol + 2];
  }
  for (uint32_t symbol = 1; symbol <= num_symbols; ++symbol) starts_[symbol + 1] += starts_[symbol];
  positions_.resize(starts_.back());
  for (uint32_t j = 0; j < symbols.size(); ++j) {
    if (symbols[j] < num_symbols) positions_[starts_[symbols[j] + 1]++] = j;
  }
}

}  // namespace foothold::text
