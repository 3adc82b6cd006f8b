// Blocks in which two sequences agree, and the parts of them that remain to be compared.
#pragma once

#include <cstdint>

namespace foothold::text {

/// a[a .. a+size) equals b[b .. b+size).
struct Match {
  uint32_t a;
  uint32_t b;
  uint32_t size;

  bool operator==(const Match&) const = default;
};

/// a[a_low .. a_high) against b[b_low .. b_high).
struct Range {
  uint32_t a_low;
  uint32_t a_high;
  uint32_t b_low;
  uint32_t b_high;

  bool empty() const { return a_low >= a_high || b_low >= b_high; }
};

}  // namespace foothold::text
