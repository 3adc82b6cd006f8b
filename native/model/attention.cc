#include "native/model/attention.h"

#include <cmath>
#include <limits>

#include "native/model/kernels.h"

namespace foothold::model {
namespace {

/// PyTorch's flash kernel for the CPU returns the log-sum-exp. Here it serves bfloat16: float32 has cpu_attention.h.
bool hasFlash(const at::Tensor& q) { return q.is_cpu() && kernels::areEnabled(); }

/// Scaled, masked scores [B, H, T, S] in float32, for devices without a flash kernel.
at::Tensor scores(const at::Tensor& q_BHTE, const at::Tensor& k_BHSE, bool causal) {
  at::Tensor scores_BHTS = at::matmul(q_BHTE, k_BHSE.transpose(-2, -1)).to(at::kFloat).mul_(scaleOf(q_BHTE));
  if (causal) {
    const at::Tensor future_TS =
        at::ones({q_BHTE.size(2), k_BHSE.size(2)}, q_BHTE.options().dtype(at::kBool)).triu_(/*diagonal=*/1);
    scores_BHTS.masked_fill_(future_TS, -std::numeric_limits<float>::infinity());
  }
  return scores_BHTS;
}

}  // namespace

double scaleOf(const at::Tensor& q) { return 1.0 / std::sqrt(static_cast<double>(q.size(-1))); }

AttentionPart attend(const at::Tensor& q_BHTE, const at::Tensor& k_BHSE, const at::Tensor& v_BHSE, bool causal) {
  if (hasFlash(q_BHTE)) {
    auto [out, logSumExp] = at::_scaled_dot_product_flash_attention_for_cpu(
        q_BHTE, k_BHSE, v_BHSE, /*dropout_p=*/0.0, causal, /*attn_mask=*/std::nullopt, scaleOf(q_BHTE));
    return {out, logSumExp};
  }
  const at::Tensor scores_BHTS = scores(q_BHTE, k_BHSE, causal);
  const at::Tensor logSumExp_BHT = scores_BHTS.logsumexp(-1);
  const at::Tensor probabilities = (scores_BHTS - logSumExp_BHT.unsqueeze(-1)).exp().to(v_BHSE.scalar_type());
  return {at::matmul(probabilities, v_BHSE), logSumExp_BHT};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> attendBackward(const at::Tensor& dout_BHTE, const at::Tensor& q_BHTE,
                                                              const at::Tensor& k_BHSE, const at::Tensor& v_BHSE,
                                                              const AttentionPart& merged, bool causal) {
  if (hasFlash(q_BHTE)) {
    return at::_scaled_dot_product_flash_attention_for_cpu_backward(dout_BHTE, q_BHTE, k_BHSE, v_BHSE, merged.out_BHTE,
                                                                    merged.logSumExp_BHT, /*dropout_p=*/0.0, causal,
                                                                    /*attn_mask=*/std::nullopt, scaleOf(q_BHTE));
  }
  const at::ScalarType type = q_BHTE.scalar_type();
  const at::Tensor probabilities = (scores(q_BHTE, k_BHSE, causal) - merged.logSumExp_BHT.unsqueeze(-1)).exp();
  const at::Tensor dv = at::matmul(probabilities.transpose(-2, -1).to(type), dout_BHTE);
  const at::Tensor dprobabilities = at::matmul(dout_BHTE, v_BHSE.transpose(-2, -1)).to(at::kFloat);
  const at::Tensor delta_BHT = (dout_BHTE.to(at::kFloat) * merged.out_BHTE.to(at::kFloat)).sum(-1);
  const at::Tensor dscores = (probabilities * (dprobabilities - delta_BHT.unsqueeze(-1)) * scaleOf(q_BHTE)).to(type);
  return {at::matmul(dscores, k_BHSE), at::matmul(dscores.transpose(-2, -1), q_BHTE), dv};
}

}  // namespace foothold::model
