// Where each symbol occurs, as rows of bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace foothold::text {

/// One row of bits for each symbol, one bit for each column (position in b). Words overlap: word w holds the columns
/// 56 w − 8 … 56 w + 55, counted from the first column, so that a shift by up to 8 columns needs no bits from its
/// neighbour.
class BitRows {
 public:
  static constexpr uint32_t kOwnColumns = 56;  ///< Columns a word answers for: its bits from 8 on.
  static constexpr uint32_t kOverlap = 8;      ///< Columns repeated from the word before.
  static constexpr uint32_t kMaxLanes = 8;     ///< Words that may be read past the end of a row.

  /// Rows of the columns low … high − 1 of b, for the symbols below `num_symbols`; other values set no bit. There is
  /// one more row, `num_symbols`, without any bit. Costs O(columns + num_symbols · words).
  void build(std::span<const uint32_t> b, uint32_t low, uint32_t high, uint32_t num_symbols);

  /// Words that the rows of so many columns and symbols take.
  static size_t sizeFor(uint32_t columns, uint32_t num_symbols) {
    return (static_cast<size_t>(num_symbols) + 1) * wordsFor(columns);
  }

  bool covers(uint32_t low, uint32_t high) const { return low_ <= low && high <= high_; }
  void clear() { low_ = high_ = 0; }

  uint32_t wordOf(uint32_t column) const { return (column - low_) / kOwnColumns; }

  /// Column of bit 0 of a word; of the first word, a column before the first one, modulo 2^32.
  uint32_t firstColumn(uint32_t word) const { return low_ + word * kOwnColumns - kOverlap; }

  /// Whether a word has the bit of a column, be it in its overlap.
  bool holds(uint32_t word, uint32_t column) const { return column + kOverlap >= low_ + word * kOwnColumns; }

  const uint64_t* row(uint32_t symbol) const { return bits_.data() + static_cast<size_t>(symbol) * words_; }

  /// Bits of word `word` for the columns low … high − 1.
  uint64_t columnMask(uint32_t word, uint32_t low, uint32_t high) const {
    const int64_t first = static_cast<int64_t>(low_) + static_cast<int64_t>(word) * kOwnColumns - kOverlap;
    return bitsFrom(low - first) & ~bitsFrom(high - first);
  }

 private:
  static uint64_t bitsFrom(int64_t bit) {
    if (bit <= 0) return ~uint64_t{0};
    return bit >= 64 ? 0 : ~uint64_t{0} << bit;
  }

  static uint32_t wordsFor(uint32_t columns) { return (columns + kOwnColumns - 1) / kOwnColumns; }

  uint32_t low_ = 0;
  uint32_t high_ = 0;
  uint32_t words_ = 0;
  std::vector<uint64_t> bits_;
};

}  // namespace foothold::text
