#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>

#include <memory>
#include <vector>

namespace foothold::model {

/// Tokens [start, start + length) of a packed batch.
struct Span {
  int64_t start = 0;
  int64_t length = 0;
};

/// A prompt and the completions that continue it. The completions follow one another directly.
struct GroupSpan {
  Span prompt;
  std::vector<Span> completions;
  /// The completions as one span; length 0 when there are none.
  Span allCompletions() const;
};

struct PackedSequences;

/// Where the groups of a packed batch lie, which follow one another. Every token belongs to exactly one span. (A custom
/// class, so that autograd can keep it until the backward pass.)
struct PackedLayout : torch::CustomClassHolder {
  std::vector<GroupSpan> groups;
  /// Made of the groups when the first layer asks for it; see packed_attention.h.
  std::shared_ptr<const PackedSequences> sequences;
};

/// Attention in a packed batch where a prompt is held once for its whole group: prompt tokens see the prompt so far,
/// completion tokens see the whole prompt and their own completion so far. In float32 on the CPU by cpu_attention.h,
/// elsewhere by packed_attention.h.
///
/// q [N, H, E], k and v [N, K, E] with H a multiple of K; returns [N, H, E]; differentiable in q, k and v.
at::Tensor groupAttention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                          const c10::intrusive_ptr<PackedLayout>& layout);

}  // namespace foothold::model
