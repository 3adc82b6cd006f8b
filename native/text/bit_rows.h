// Where each symbol occurs, as rows of bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace foothold::text {

/// One row of bits for each symbol, one bit for each column (position in b). Words overlap: word w holds the columns
/// 56 w − 8 … 56 w + 55, so that a shift by up to 8 columns needs no bits from its neighbour.
class BitRows {
 public:
  static constexpr uint32_t kOwnColumns = 56;  ///< Columns a word answers for: its bits from 8 on.
  static constexpr uint32_t kOverlap = 8;      ///< Columns repeated from the word before.
  static constexpr uint32_t kMaxLanes = 8;     ///< Words that may be read past the end of a row.

  /// Rows for the symbols below `num_symbols`; other values set no bit. There is one more row, `num_symbols`, without
  /// any bit. Costs O(b.size() + num_symbols · words).
  void build(std::span<const uint32_t> b, uint32_t num_symbols);

  uint32_t words() const { return words_; }
  const uint64_t* row(uint32_t symbol) const { return bits_.data() + static_cast<size_t>(symbol) * words_; }

  /// Bits of word `word` for the columns low … high − 1.
  static uint64_t columnMask(uint32_t word, uint32_t low, uint32_t high) {
    const int64_t first = static_cast<int64_t>(word) * kOwnColumns - kOverlap;
    return bitsFrom(low - first) & ~bitsFrom(high - first);
  }

 private:
  static uint64_t bitsFrom(int64_t bit) {
    if (bit <= 0) return ~uint64_t{0};
    return bit >= 64 ? 0 : ~uint64_t{0} << bit;
  }

  uint32_t words_ = 0;
  std::vector<uint64_t> bits_;
};

}  // namespace foothold::text
