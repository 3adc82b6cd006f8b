#pragma once

#include <cstdint>

/// Attention of a few queries over a cache, float32 on the CPU. Keys are kept in blocks, each transposed: one vector
/// register holds the same element of neighbouring keys, so that no horizontal sums are needed, and a block is read
/// from one end to the other. Queries are taken four at a time, so that a key or value, once loaded, serves four.
namespace foothold::rollout::kernels {

/// Keys of a block. Capacities are rounded up to this; keys beyond the count are read, not used.
constexpr int64_t kKeyBlock = 16;
/// Queries are processed in tiles of this many.
constexpr int64_t kQueryTile = 4;

/// scores[i, j] = Σ_e q[i, e] · k[j, e] for a tile of queries and j < count.
/// q: [tile, width]; keys: [blocks, width, kKeyBlock]; scores: rows of scoreStride ≥ count rounded up to kKeyBlock.
void scoreTile(const float* q, const float* keys, int64_t width, int64_t count, float* scores, int64_t scoreStride);

/// out[i, e] += Σ_j p[i, j] · v[j, e] for a tile of queries. p: rows of stride pStride; values: [count, width];
/// out: [tile, width].
void valueTile(const float* p, int64_t pStride, const float* values, int64_t width, int64_t count, float* out);

/// In place, one softmax over two arrays of scores, of which the second is not empty.
void softmax(float* first, int64_t firstCount, float* second, int64_t secondCount);

}  // namespace foothold::rollout::kernels
