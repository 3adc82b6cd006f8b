#include "native/model/varlen_kernels.h"

#include <limits>

#include "native/model/attention.h"

namespace foothold::model {
namespace {

/// What the kernels want of a random generator's state, which only dropout reads.
at::Tensor noSeed(const at::Tensor& q) { return at::zeros({2}, q.options().dtype(at::kLong)); }

/// Takes packed tensors as they are, key heads of their own number included, and gives the log-sum-exp as [H, N].
class FlashVarlenAttention : public VarlenAttention {
 public:
  const char* name() const override { return "flash"; }

  VarlenPart forward(const at::Tensor& q_NHE, const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                     const SequencePairs& pairs) const override {
    auto [out, logSumExp, seed, unused, mask] = at::_flash_attention_forward(
        q_NHE, k_MKE, v_MKE, pairs.queries.offsets, pairs.keys.offsets, pairs.queries.longest, pairs.keys.longest,
        /*dropout_p=*/0.0, pairs.causal, /*return_debug_mask=*/false, scaleOf(q_NHE));
    TORCH_CHECK(logSumExp.dim() == 2 && logSumExp.size(1) == q_NHE.size(0),
                "flash attention gave a log-sum-exp of shape ", logSumExp.sizes());
    return {out, logSumExp};
  }

  std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                          const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                                                          const VarlenPart& merged,
                                                          const SequencePairs& pairs) const override {
    const at::Tensor seed = noSeed(q_NHE);
    return at::_flash_attention_backward(dout_NHE, q_NHE, k_MKE, v_MKE, merged.out_NHE,
                                         merged.logSumExp_HN.contiguous(), pairs.queries.offsets, pairs.keys.offsets,
                                         pairs.queries.longest, pairs.keys.longest, /*dropout_p=*/0.0, pairs.causal,
                                         seed, seed, scaleOf(q_NHE));
  }
};

/// [S, H, paddedLength] → [H, N]
at::Tensor packRows(const at::Tensor& x_SHL, const Sequences& sequences) {
  TORCH_CHECK(x_SHL.size(0) == sequences.count() && x_SHL.size(2) == sequences.paddedLength,
              "memory-efficient attention gave a log-sum-exp of shape ", x_SHL.sizes());
  return x_SHL.transpose(0, 1)
      .reshape({x_SHL.size(1), sequences.count() * sequences.paddedLength})
      .index_select(1, sequences.paddedPlaces_N);
}

/// [H, N] → [S, H, paddedLength]. What no token fills is infinite, so that its probabilities are zero.
at::Tensor padRows(const at::Tensor& x_HN, const Sequences& sequences) {
  const int64_t heads = x_HN.size(0), count = sequences.count(), length = sequences.paddedLength;
  at::Tensor padded = at::full({heads, count * length}, std::numeric_limits<float>::infinity(), x_HN.options());
  padded.index_copy_(1, sequences.paddedPlaces_N, x_HN);
  return padded.view({heads, count, length}).transpose(0, 1).contiguous();
}

/// Knows neither packed tensors without a batch dimension nor key heads that several query heads share.
class EfficientVarlenAttention : public VarlenAttention {
 public:
  const char* name() const override { return "memory-efficient"; }

  VarlenPart forward(const at::Tensor& q_NHE, const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                     const SequencePairs& pairs) const override {
    const auto result = at::_efficient_attention_forward(
        q_NHE.unsqueeze(0), repeated(k_MKE, q_NHE), repeated(v_MKE, q_NHE), /*bias=*/std::nullopt,
        pairs.queries.offsets, pairs.keys.offsets, pairs.queries.longest, pairs.keys.longest, /*dropout_p=*/0.0,
        maskType(pairs), /*compute_log_sumexp=*/true, scaleOf(q_NHE));
    return {std::get<0>(result).squeeze(0), packRows(std::get<1>(result), pairs.queries)};
  }

  std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                          const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                                                          const VarlenPart& merged,
                                                          const SequencePairs& pairs) const override {
    const at::Tensor seed = noSeed(q_NHE);
    const auto [dq, dk, dv, dbias] = at::_efficient_attention_backward(
        dout_NHE.unsqueeze(0), q_NHE.unsqueeze(0), repeated(k_MKE, q_NHE), repeated(v_MKE, q_NHE),
        /*bias=*/std::nullopt, merged.out_NHE.unsqueeze(0), pairs.queries.offsets, pairs.keys.offsets,
        pairs.queries.longest, pairs.keys.longest, padRows(merged.logSumExp_HN, pairs.queries), /*dropout_p=*/0.0, seed,
        seed, maskType(pairs), /*bias_requires_grad=*/false, scaleOf(q_NHE));
    return {dq.squeeze(0), summed(dk, k_MKE), summed(dv, v_MKE)};
  }

 private:
  /// Query t sees the keys up to t counted from the beginning, or all; the numbers are PyTorch's.
  static int64_t maskType(const SequencePairs& pairs) { return pairs.causal ? 1 : 0; }

  /// [M, K, E] → [1, M, H, E]
  static at::Tensor repeated(const at::Tensor& x_MKE, const at::Tensor& q_NHE) {
    return x_MKE.repeat_interleave(q_NHE.size(1) / x_MKE.size(1), /*dim=*/1).unsqueeze(0);
  }
  /// [1, M, H, E] → [M, K, E]
  static at::Tensor summed(const at::Tensor& d_1MHE, const at::Tensor& x_MKE) {
    const int64_t repeats = d_1MHE.size(2) / x_MKE.size(1);
    return d_1MHE.view({x_MKE.size(0), x_MKE.size(1), repeats, x_MKE.size(2)}).sum(2);
  }
};

}  // namespace

const VarlenAttention& flashVarlenAttention() {
  static const FlashVarlenAttention flash;
  return flash;
}

const VarlenAttention& efficientVarlenAttention() {
  static const EfficientVarlenAttention efficient;
  return efficient;
}

}  // namespace foothold::model
