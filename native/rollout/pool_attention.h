#pragma once

#include <ATen/ATen.h>

namespace foothold::rollout {

/// S sequences of keys, each in a place of `capacity` tokens of which it fills the first ones, and as many queries to
/// each. Lengths are on the device: what is launched for a step depends on shapes only.
struct PoolSequences {
  /// `lengths_S`: int64, at least 1, at most `bound`.
  PoolSequences(const at::Tensor& lengths_S, int64_t queries, int64_t capacity, int64_t bound);

  int64_t queries, capacity, bound;
  at::Tensor lengths_S;                 // int32
  at::Tensor queryOffsets, keyOffsets;  // int32, where each sequence's begin
  at::Tensor unwritten_S1T;             // of the first `bound` places, those without a key
};

struct PoolPart {
  at::Tensor out_SQE;
  at::Tensor logSumExp_SQ;  // float32, of the scaled scores
};

/// Attention of q [S, Q, E] over keys and values [S, capacity, E].
class PoolAttention {
 public:
  virtual ~PoolAttention() = default;
  virtual const char* name() const = 0;
  /// Whether `bound` matters: otherwise one step serves every length.
  virtual bool needsBound() const = 0;
  virtual PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                           const PoolSequences& sequences) const = 0;
};

/// Batched products over the first `bound` keys of every sequence, which are not copied; for every device and type.
const PoolAttention& plainPoolAttention();

/// The fastest that works for a type and head width on a device; see model::varlenAttentionFor.
const PoolAttention& poolAttentionFor(const at::TensorOptions& options, int64_t width);

}  // namespace foothold::rollout
