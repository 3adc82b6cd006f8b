#include "native/text/bit_rows.h"

#include <algorithm>

namespace foothold::text {

void BitRows::build(std::span<const uint32_t> b, uint32_t num_symbols) {
  words_ = static_cast<uint32_t>((b.size() + kOwnColumns - 1) / kOwnColumns);
  bits_.assign((static_cast<size_t>(num_symbols) + 1) * words_ + kMaxLanes, 0);
  const uint32_t columns = static_cast<uint32_t>(b.size());
  uint64_t* const bits = bits_.data();
  for (uint32_t word = 0, begin = 0; word < words_; ++word, begin += kOwnColumns) {
    const uint32_t end = std::min(begin + kOwnColumns, columns);
    uint32_t j = word == 0 ? 0 : begin - kOverlap;
    for (uint64_t bit = uint64_t{1} << (j + kOverlap - begin); j < end; ++j, bit <<= 1) {
      if (b[j] < num_symbols) bits[static_cast<size_t>(b[j]) * words_ + word] |= bit;
    }
  }
}

}  // namespace foothold::text
