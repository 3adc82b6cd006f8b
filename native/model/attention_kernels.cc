#include "native/model/attention_kernels.h"

#include "native/model/kernels.h"
#include "native/model/vectorised.h"
#include "native/model/vectors.h"

namespace foothold::model::kernels {
namespace {

/// Scores of the keys that kVectors hold, whole blocks of them.
template <typename Vector, int kVectors>
FOOTHOLD_INLINE void scoreBlocks(const float* q, const float* keys, int64_t width, float* scores, int64_t scoreStride) {
  constexpr int kPerBlock = kKeyBlock / kLanes<Vector>;
  Vector sums[kQueryTile][kVectors] = {};
  for (int64_t e = 0; e < width; ++e) {
    Vector k[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      load(k[v], keys + (v / kPerBlock * width + e) * kKeyBlock + v % kPerBlock * kLanes<Vector>);
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
    for (int v = 0; v < kVectors; ++v) store(scores + i * scoreStride + v * kLanes<Vector>, sums[i][v]);
  }
}

template <typename Vector, int kVectors>
FOOTHOLD_INLINE void scoreAll(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                              int64_t scoreStride) {
  constexpr int64_t kAtOnce = kVectors * kLanes<Vector>;
  int64_t j = 0;
  for (; j + kAtOnce - kKeyBlock < count; j += kAtOnce) {
    scoreBlocks<Vector, kVectors>(q, keys + j * width, width, scores + j, scoreStride);
  }
  for (; j < count; j += kKeyBlock)
    scoreBlocks<Vector, kKeyBlock / kLanes<Vector>>(q, keys + j * width, width, scores + j, scoreStride);
}

/// Elements [e, e + kVectors · kLanes) of the sums over all values.
template <typename Vector, int kVectors>
FOOTHOLD_INLINE void sumElements(const Factors& p, const Rows& values, int64_t count, const MutableRows& out,
                                 int64_t e) {
  Vector sums[kQueryTile][kVectors];
#pragma GCC unroll 4
  for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) load(sums[i][v], out.data + i * out.stride + e + v * kLanes<Vector>);
  }
  for (int64_t j = 0; j < count; ++j) {
    Vector value[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) load(value[v], values.data + j * values.stride + e + v * kLanes<Vector>);
#pragma GCC unroll 4
    for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] += p.data[i * p.rowStride + j * p.columnStride] * value[v];
    }
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < kQueryTile; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(out.data + i * out.stride + e + v * kLanes<Vector>, sums[i][v]);
  }
}

template <typename Vector, int kVectors>
FOOTHOLD_INLINE void sumAll(const Factors& p, const Rows& values, int64_t width, int64_t count,
                            const MutableRows& out) {
  int64_t e = 0;
  for (; e + kVectors * kLanes<Vector> <= width; e += kVectors * kLanes<Vector>)
    sumElements<Vector, kVectors>(p, values, count, out, e);
  for (; e + kLanes<Vector> <= width; e += kLanes<Vector>) sumElements<Vector, 1>(p, values, count, out, e);
  for (; e < width; ++e) {
    for (int64_t i = 0; i < kQueryTile; ++i) {
      for (int64_t j = 0; j < count; ++j) {
        out.data[i * out.stride + e] +=
            p.data[i * p.rowStride + j * p.columnStride] * values.data[j * values.stride + e];
      }
    }
  }
}

FOOTHOLD_CLONES void scoreFew(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                              int64_t scoreStride) {
  scoreAll<Vector8, 2>(q, keys, width, count, scores, scoreStride);
}

FOOTHOLD_CLONES void sumFew(const Factors& p, const Rows& values, int64_t width, int64_t count,
                            const MutableRows& out) {
  sumAll<Vector8, 2>(p, values, width, count, out);
}

#ifdef FOOTHOLD_AVX512
FOOTHOLD_AVX512 void scoreMany(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                               int64_t scoreStride) {
  scoreAll<Vector8, 4>(q, keys, width, count, scores, scoreStride);
}

FOOTHOLD_AVX512 void sumMany(const Factors& p, const Rows& values, int64_t width, int64_t count,
                             const MutableRows& out) {
  sumAll<Vector8, 4>(p, values, width, count, out);
}

FOOTHOLD_AVX512 void scoreWide(const float* q, const float* keys, int64_t width, int64_t count, float* scores,
                               int64_t scoreStride) {
  scoreAll<Vector16, 4>(q, keys, width, count, scores, scoreStride);
}

FOOTHOLD_AVX512 void sumWide(const Factors& p, const Rows& values, int64_t width, int64_t count,
                             const MutableRows& out) {
  sumAll<Vector16, 4>(p, values, width, count, out);
}
#else
constexpr auto scoreMany = scoreFew, scoreWide = scoreFew;
constexpr auto sumMany = sumFew, sumWide = sumFew;
#endif

}  // namespace

void scoreTile(const float* q, const float* keys, int64_t width, int64_t count, float* scores, int64_t scoreStride) {
  versionFor(scoreFew, scoreMany, scoreWide)(q, keys, width, count, scores, scoreStride);
}

void sumTile(const Factors& p, const Rows& values, int64_t width, int64_t count, const MutableRows& out) {
  versionFor(sumFew, sumMany, sumWide)(p, values, width, count, out);
}

FOOTHOLD_CLONES float exponentiate(float* scores, int64_t count, float largest) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; ++j) {
    scores[j] = fastExp(scores[j] - largest);
    sum += scores[j];
  }
  return sum;
}

FOOTHOLD_CLONES float dot(const float* a, const float* b, int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; ++j) sum += a[j] * b[j];
  return sum;
}

FOOTHOLD_CLONES void scaleRow(float* row, int64_t count, float factor) {
  for (int64_t j = 0; j < count; ++j) row[j] *= factor;
}

FOOTHOLD_CLONES void scoreGradients(float* scores, float* gradients, int64_t count, float logSumExp, float delta) {
  for (int64_t j = 0; j < count; ++j) {
    const float p = fastExp(scores[j] - logSumExp);
    scores[j] = p;
    gradients[j] = p * (gradients[j] - delta);
  }
}

}  // namespace foothold::model::kernels
