#include "native/rollout/decode_kernels.h"

#include <algorithm>
#include <cstring>

#include "native/model/kernels.h"
#include "native/model/vectorised.h"

namespace foothold::rollout::kernels {
namespace {

/// Eight floats; the compiler splits it where registers are narrower.
typedef float Vector __attribute__((vector_size(32)));
constexpr int64_t kLanes = 8;

// By reference: passing wide vectors by value would depend on the instruction set of the caller.
inline __attribute__((always_inline)) void load(Vector& to, const float* from) { std::memcpy(&to, from, sizeof to); }

inline __attribute__((always_inline)) void store(float* to, const Vector& value) {
  std::memcpy(to, &value, sizeof value);
}

/// Scores of kVectors / 2 blocks of keys.
template <int kVectors>
inline __attribute__((always_inline)) void scoreBlocks(const float* q, const float* keys, int64_t width, float* scores,
                                                       int64_t scoreStride) {
  constexpr int kPerBlock = kKeyBlock / kLanes;
  Vector sums[kQueryTile][kVectors] = {};
  for (int64_t e = 0; e < width; ++e) {
    Vector k[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      load(k[v], keys + (v / kPerBlock * width + e) * kKeyBlock + v % kPerBlock * kLanes);
    }
#pragma GCC unroll 4
    for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] += q[i * width + e] * k[v];
    }
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(scores + i * scoreStride + v * kLanes, sums[i][v]);
  }
}

template <int kVectors>
inline __attribute__((always_inline)) void scoreAll(const float* q, const float* keys, int64_t width, int64_t count,
                                                    float* scores, int64_t scoreStride) {
  constexpr int64_t kAtOnce = kVectors * kLanes;
  int64_t j = 0;
  for (; j + kAtOnce - kKeyBlock < count; j += kAtOnce) {
    scoreBlocks<kVectors>(q, keys + j * width, width, scores + j, scoreStride);
  }
  for (; j < count; j += kKeyBlock) scoreBlocks<2>(q, keys + j * width, width, scores + j, scoreStride);
}

/// Elements [e, e + 8 · kVectors) of the sums over all values.
template <int kVectors>
inline __attribute__((always_inline)) void sumValues(const float* p, int64_t pStride, const float* values,
                                                     int64_t width, int64_t count, float* out, int64_t e) {
  Vector sums[kQueryTile][kVectors];
#pragma GCC unroll 4
  for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) load(sums[i][v], out + i * width + e + v * kLanes);
  }
  for (int64_t j = 0; j < count; ++j) {
    Vector value[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) load(value[v], values + j * width + e + v * kLanes);
#pragma GCC unroll 4
    for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] += p[i * pStride + j] * value[v];
    }
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(out + i * width + e + v * kLanes, sums[i][v]);
  }
}

template <int kVectors>
inline __attribute__((always_inline)) void sumAll(const float* p, int64_t pStride, const float* values, int64_t width,
                                                  int64_t count, float* out) {
  int64_t e = 0;
  for (; e + kVectors * kLanes <= width; e += kVectors * kLanes) {
    sumValues<kVectors>(p, pStride, values, width, count, out, e);
  }
  for (; e + kLanes <= width; e += kLanes) sumValues<1>(p, pStride, values, width, count, out, e);
  for (; e < width; ++e) {
    for (int64_t i = 0; i < kQueryTile; ++i) {
      for (int64_t j = 0; j < count; ++j) out[i * width + e] += p[i * pStride + j] * values[j * width + e];
    }
  }
}

FOOTHOLD_CLONES void scoreFew(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                              int64_t scoreStride) {
  scoreAll<2>(q, keys, width, count, scores, scoreStride);
}

FOOTHOLD_CLONES void sumFew(const float* p, int64_t pStride, const float* values, int64_t width, int64_t count,
                            float* out) {
  sumAll<2>(p, pStride, values, width, count, out);
}

#ifdef FOOTHOLD_MANY_REGISTERS
FOOTHOLD_MANY_REGISTERS void scoreMany(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                                       int64_t scoreStride) {
  scoreAll<4>(q, keys, width, count, scores, scoreStride);
}

FOOTHOLD_MANY_REGISTERS void sumMany(const float* p, int64_t pStride, const float* values, int64_t width, int64_t count,
                                     float* out) {
  sumAll<4>(p, pStride, values, width, count, out);
}
#else
constexpr auto scoreMany = scoreFew;
constexpr auto sumMany = sumFew;
#endif

}  // namespace

void scoreTile(const float* q, const float* keys, int64_t width, int64_t count, float* scores, int64_t scoreStride) {
  (model::kernels::useManyRegisters() ? scoreMany : scoreFew)(q, keys, width, count, scores, scoreStride);
}

void valueTile(const float* p, int64_t pStride, const float* values, int64_t width, int64_t count, float* out) {
  (model::kernels::useManyRegisters() ? sumMany : sumFew)(p, pStride, values, width, count, out);
}

FOOTHOLD_CLONES void softmax(float* first, int64_t firstCount, float* second, int64_t secondCount) {
  float* const parts[2] = {first, second};
  const int64_t counts[2] = {firstCount, secondCount};
  float largest = second[0], sum = 0;
  for (int part = 0; part < 2; ++part) {
    const float* scores = parts[part];
#pragma omp simd reduction(max : largest)
    for (int64_t j = 0; j < counts[part]; ++j) largest = std::max(largest, scores[j]);
  }
  for (int part = 0; part < 2; ++part) {
    float* scores = parts[part];
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < counts[part]; ++j) {
      scores[j] = model::fastExp(scores[j] - largest);
      sum += scores[j];
    }
  }
  const float inverse = 1.0f / sum;
  for (int part = 0; part < 2; ++part) {
    for (int64_t j = 0; j < counts[part]; ++j) parts[part][j] *= inverse;
  }
}

}  // namespace foothold::rollout::kernels
