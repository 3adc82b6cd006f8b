#include "native/rollout/pool_kernels.h"

#include "native/model/attention.h"

namespace foothold::rollout {
namespace {

/// A pool as one long sequence of tokens of a single head, as the kernels for sequences of any lengths take it.
at::Tensor flattened(const at::Tensor& x_SCE) { return x_SCE.view({-1, 1, x_SCE.size(2)}); }

class FlashPoolAttention : public PoolAttention {
 public:
  const char* name() const override { return "flash"; }
  bool needsBound() const override { return false; }

  PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                   const PoolSequences& sequences) const override {
    auto [out, logSumExp, seed, unused, mask] = at::_flash_attention_forward(
        flattened(q_SQE), flattened(k_SCE), flattened(v_SCE), sequences.queryOffsets, sequences.keyOffsets,
        sequences.queries, sequences.capacity, /*dropout_p=*/0.0, /*is_causal=*/false, /*return_debug_mask=*/false,
        model::scaleOf(q_SQE), /*window_size_left=*/std::nullopt, /*window_size_right=*/std::nullopt,
        /*seqused_k=*/sequences.lengths_S);
    return {out.view(q_SQE.sizes()), logSumExp.view({q_SQE.size(0), q_SQE.size(1)})};
  }
};

class EfficientPoolAttention : public PoolAttention {
 public:
  const char* name() const override { return "memory-efficient"; }
  bool needsBound() const override { return false; }

  PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                   const PoolSequences& sequences) const override {
    const auto result = at::_efficient_attention_forward(
        flattened(q_SQE).unsqueeze(0), flattened(k_SCE).unsqueeze(0), flattened(v_SCE).unsqueeze(0),
        /*bias=*/std::nullopt, sequences.queryOffsets, sequences.keyOffsets, sequences.queries, sequences.capacity,
        /*dropout_p=*/0.0, /*custom_mask_type=*/0, /*compute_log_sumexp=*/true, model::scaleOf(q_SQE),
        /*seqlen_k=*/sequences.lengths_S);
    // The log-sum-exp comes as [S, heads, queries rounded up to a multiple of 32].
    return {std::get<0>(result).view(q_SQE.sizes()), std::get<1>(result).select(1, 0).narrow(1, 0, sequences.queries)};
  }
};

}  // namespace

const PoolAttention& flashPoolAttention() {
  static const FlashPoolAttention flash;
  return flash;
}

const PoolAttention& efficientPoolAttention() {
  static const EfficientPoolAttention efficient;
  return efficient;
}

}  // namespace foothold::rollout
