#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace foothold::model {

/// Scaled dot-product attention together with what is needed to merge it with other parts and to differentiate it.
/// Shapes: B batch, H heads, T queries, S keys, E head width; keys and values may be expanded views.
struct AttentionPart {
  at::Tensor out_BHTE;
  at::Tensor logSumExp_BHT;  // float32, of the scaled scores
};

/// What scores are multiplied by: 1 / √(head width).
double scaleOf(const at::Tensor& q);

/// Attention of q over k, v. `causal`: query t sees keys 0 … t (T = S).
AttentionPart attend(const at::Tensor& q_BHTE, const at::Tensor& k_BHSE, const at::Tensor& v_BHSE, bool causal);

/// (dq, dk, dv). Given the output and log-sum-exp of a *merged* attention, these are this part's share of the merged
/// gradient: the probabilities are exp(score − merged log-sum-exp), whatever other keys there were.
std::tuple<at::Tensor, at::Tensor, at::Tensor> attendBackward(const at::Tensor& dout_BHTE, const at::Tensor& q_BHTE,
                                                              const at::Tensor& k_BHSE, const at::Tensor& v_BHSE,
                                                              const AttentionPart& merged, bool causal);

}  // namespace foothold::model
