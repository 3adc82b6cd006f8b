#include "native/text/run_scan_kernel.h"

namespace foothold::text {

namespace {

// 128 bits, which x86-64 (SSE2) and arm64 (NEON) always have; the compiler splits them elsewhere.
struct TwoWords {
  static constexpr uint32_t kLanes = 2;
  typedef uint64_t V __attribute__((vector_size(16)));
  static bool any(V value) { return (value[0] | value[1]) != 0; }
};

}  // namespace

void scanPortable(const ScanInput& input, uint32_t min_size, RunBuffer& buffer) {
  scanWith<TwoWords, OneWord>(input, min_size, buffer);
}

}  // namespace foothold::text
