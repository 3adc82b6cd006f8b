#include "native/rollout/decode_kernels.h"

#include <algorithm>
#include <cstring>

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

}  // namespace

FOOTHOLD_CLONES void scoreTile(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                               int64_t scoreStride) {
  for (int64_t j = 0; j < count; j += kKeyBlock, keys += width * kKeyBlock) {
    Vector sums[kQueryTile][2] = {};
    for (int64_t e = 0; e < width; ++e) {
      Vector first, second;
      load(first, keys + e * kKeyBlock);
      load(second, keys + e * kKeyBlock + kLanes);
#pragma GCC unroll 4
      for (int64_t i = 0; i < kQueryTile; ++i) {
        sums[i][0] += q[i * width + e] * first;
        sums[i][1] += q[i * width + e] * second;
      }
    }
#pragma GCC unroll 4
    for (int64_t i = 0; i < kQueryTile; ++i) {
      store(scores + i * scoreStride + j, sums[i][0]);
      store(scores + i * scoreStride + j + kLanes, sums[i][1]);
    }
  }
}

FOOTHOLD_CLONES void valueTile(const float* p, int64_t pStride, const float* values, int64_t width, int64_t count,
                               float* out) {
  int64_t e = 0;
  for (; e + 2 * kLanes <= width; e += 2 * kLanes) {
    Vector sums[kQueryTile][2];
#pragma GCC unroll 4
    for (int64_t i = 0; i < kQueryTile; ++i) {
      load(sums[i][0], out + i * width + e);
      load(sums[i][1], out + i * width + e + kLanes);
    }
    for (int64_t j = 0; j < count; ++j) {
      Vector first, second;
      load(first, values + j * width + e);
      load(second, values + j * width + e + kLanes);
#pragma GCC unroll 4
      for (int64_t i = 0; i < kQueryTile; ++i) {
        sums[i][0] += p[i * pStride + j] * first;
        sums[i][1] += p[i * pStride + j] * second;
      }
    }
#pragma GCC unroll 4
    for (int64_t i = 0; i < kQueryTile; ++i) {
      store(out + i * width + e, sums[i][0]);
      store(out + i * width + e + kLanes, sums[i][1]);
    }
  }
  for (; e < width; ++e) {
    for (int64_t i = 0; i < kQueryTile; ++i) {
      for (int64_t j = 0; j < count; ++j) out[i * width + e] += p[i * pStride + j] * values[j * width + e];
    }
  }
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
