#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "native/model/group_attention.h"
#include "native/model/varlen_attention.h"

namespace foothold::model {

/// Group attention in two launches over the whole packed batch, for devices where every launch costs: each prompt and
/// each completion is a causal sequence, and the completions of a group see its prompt.
struct PackedSequences {
  PackedSequences(const PackedLayout& layout, const at::Device& device);

  SequencePairs spans;  // in the batch's order, so that nothing is gathered
  /// Where there are completions after prompts: those of a group as one sequence over its prompt.
  std::unique_ptr<SequencePairs> completions;
  at::Tensor completionTokens_C, promptTokens_P;  // int64, their places in the batch
};

VarlenPart packedForward(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                         const PackedSequences& sequences, const VarlenAttention& attention);

/// (dq, dk, dv)
std::tuple<at::Tensor, at::Tensor, at::Tensor> packedBackward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                              const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                                              const VarlenPart& merged,
                                                              const PackedSequences& sequences,
                                                              const VarlenAttention& attention);

}  // namespace foothold::model
