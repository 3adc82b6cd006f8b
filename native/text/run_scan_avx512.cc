// scanRuns over vectors of 512 bits. Compiled for that instruction set, called only where the processor has it.
#if defined(__x86_64__)

#include <immintrin.h>

#include "native/text/bit_rows.h"
#include "native/text/run_scan.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx2,bmi"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx2,bmi")
#endif

#include "native/text/run_scan_kernel.h"

namespace foothold::text {

namespace {

struct TwoWords {
  static constexpr uint32_t kLanes = 2;
  typedef uint64_t V __attribute__((vector_size(16)));
  static bool any(V value) {
    const __m128i bits = reinterpret_cast<__m128i>(value);
    return _mm_testz_si128(bits, bits) == 0;
  }
};

struct FourWords {
  static constexpr uint32_t kLanes = 4;
  typedef uint64_t V __attribute__((vector_size(32)));
  static bool any(V value) {
    const __m256i bits = reinterpret_cast<__m256i>(value);
    return _mm256_testz_si256(bits, bits) == 0;
  }
};

struct EightWords {
  static constexpr uint32_t kLanes = 8;
  typedef uint64_t V __attribute__((vector_size(64)));
  static bool any(V value) {
    const __m512i bits = reinterpret_cast<__m512i>(value);
    return _mm512_test_epi64_mask(bits, bits) != 0;
  }
};

}  // namespace

void scanAvx512(const ScanInput& input, uint32_t min_size, RunBuffer& buffer) {
  scanWith<EightWords, FourWords, TwoWords, OneWord>(input, min_size, buffer);
}

}  // namespace foothold::text

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // defined(__x86_64__)
