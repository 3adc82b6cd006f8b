#pragma once

#include <cstdint>
#include <vector>

namespace foothold {

/// Rows of unequal length, without padding: row i is values[offsets[i] .. offsets[i + 1]).
struct Ragged {
  std::vector<int32_t> values;
  std::vector<int32_t> offsets{0};

  int64_t rows() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t length(int64_t row) const { return offsets[row + 1] - offsets[row]; }
  const int32_t* row(int64_t row) const { return values.data() + offsets[row]; }
};

}  // namespace foothold
