#pragma once

#include <cstdint>

/// The parts of attention, float32 on the CPU. Keys are kept in blocks, each transposed: one vector register holds the
/// same element of neighbouring keys, so that no horizontal sums are needed, and a block is read from one end to the
/// other. Queries are taken four at a time, so that a key or value, once loaded, serves four.
namespace foothold::model::kernels {

/// Keys of a block. Capacities are rounded up to this; keys beyond the count are read, not used.
constexpr int64_t kKeyBlock = 16;
/// Queries are processed in tiles of this many.
constexpr int64_t kQueryTile = 4;

/// scores[i, j] = Σ_e q[i, e] · k[j, e] for a tile of queries and j < count.
/// q: [tile, width]; keys: [blocks, width, kKeyBlock]; scores: rows of scoreStride ≥ count rounded up to kKeyBlock.
void scoreTile(const float* q, const float* keys, int64_t width, int64_t count, float* scores, int64_t scoreStride);

struct Rows {
  const float* data;
  int64_t stride;
};
struct MutableRows {
  float* data;
  int64_t stride;
};
/// A matrix that may be transposed.
struct Factors {
  const float* data;
  int64_t rowStride, columnStride;
};

/// out[i, e] += Σ_j p[i, j] · values[j, e] for the four rows of a tile, j < count and e < width.
void sumTile(const Factors& p, const Rows& values, int64_t width, int64_t count, const MutableRows& out);

/// In place, scores → e^(score − largest); returns their sum.
float exponentiate(float* scores, int64_t count, float largest);
/// Σ a · b
float dot(const float* a, const float* b, int64_t count);
void scaleRow(float* row, int64_t count, float factor);
/// In place: scores → probabilities e^(score − logSumExp), and dL/dp of these → dL/dscore = p (dL/dp − delta).
void scoreGradients(float* scores, float* gradients, int64_t count, float logSumExp, float delta);

}  // namespace foothold::model::kernels
