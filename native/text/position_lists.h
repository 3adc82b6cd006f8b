// Where each symbol of a sequence occurs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace foothold::text {

/// CPython's `b2j`, flat: the positions of every symbol in ascending order, one symbol after the other.
class PositionLists {
 public:
  /// Lists the symbols below `num_symbols`; others are left out.
  void build(std::span<const uint32_t> symbols, uint32_t num_symbols);

  std::span<const uint32_t> of(uint32_t symbol) const {
    return {positions_.data() + starts_[symbol], positions_.data() + starts_[symbol + 1]};
  }

 private:
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> positions_;
};

}  // namespace foothold::text
