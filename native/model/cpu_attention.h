#pragma once

#include <ATen/ATen.h>

#include <tuple>

#include "native/model/group_attention.h"

/// groupAttention in float32 on the CPU: a query goes over the prompt's keys and its own completion's in one pass,
/// whatever number of groups and completions there are. Forward as in Dao et al. (arXiv 2205.14135): blocks of queries,
/// running maximum and sum; backward from the log-sum-exp.
namespace foothold::model::cpu_attention {

/// Output [N, H, E] and log-sum-exp [N, H] of the scaled scores.
std::pair<at::Tensor, at::Tensor> forward(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                          const PackedLayout& layout);

/// (dq, dk, dv)
std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                        const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                                        const at::Tensor& out_NHE, const at::Tensor& logSumExp_NH,
                                                        const PackedLayout& layout);

}  // namespace foothold::model::cpu_attention
