#include "native/model/packed_attention.h"

#include <vector>

#include "native/model/index_tensor.h"

namespace foothold::model {
namespace {

/// Lengths of the non-empty spans. Empty ones would only be work for a kernel to skip.
std::vector<int64_t> spanLengths(const PackedLayout& layout) {
  std::vector<int64_t> lengths;
  int64_t place = 0;
  const auto add = [&](const Span& span) {
    TORCH_INTERNAL_ASSERT(span.start == place, "the spans of a packed batch follow one another");
    place += span.length;
    if (span.length > 0) lengths.push_back(span.length);
  };
  for (const GroupSpan& group : layout.groups) {
    add(group.prompt);
    for (const Span& row : group.completions) add(row);
  }
  return lengths;
}

void appendPlaces(std::vector<int64_t>& places, const Span& span) {
  for (int64_t t = 0; t < span.length; ++t) places.push_back(span.start + t);
}

VarlenPart merge(const VarlenPart& first, const VarlenPart& second) {
  const at::Tensor logSumExp_HN = at::logaddexp(first.logSumExp_HN, second.logSumExp_HN);
  const auto weighted = [&](const VarlenPart& part) {
    return part.out_NHE * (part.logSumExp_HN - logSumExp_HN).exp_().t().unsqueeze(-1);
  };
  return {weighted(first).add_(weighted(second)).to(first.out_NHE.scalar_type()), logSumExp_HN};
}

}  // namespace

PackedSequences::PackedSequences(const PackedLayout& layout, const at::Device& device)
    : spans([&] {
        const Sequences all(spanLengths(layout), device);
        return SequencePairs{all, all, /*causal=*/true};
      }()) {
  std::vector<int64_t> queries, keys, queryPlaces, keyPlaces;
  for (const GroupSpan& group : layout.groups) {
    const Span all = group.allCompletions();
    if (all.length == 0 || group.prompt.length == 0) continue;
    queries.push_back(all.length);
    keys.push_back(group.prompt.length);
    appendPlaces(queryPlaces, all);
    appendPlaces(keyPlaces, group.prompt);
  }
  if (queries.empty()) return;
  completions = std::make_unique<SequencePairs>(
      SequencePairs{Sequences(queries, device), Sequences(keys, device), /*causal=*/false});
  completionTokens_C = indexTensor(queryPlaces, device);
  promptTokens_P = indexTensor(keyPlaces, device);
}

VarlenPart packedForward(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                         const PackedSequences& sequences, const VarlenAttention& attention) {
  VarlenPart all = attention.forward(q_NHE, k_NKE, v_NKE, sequences.spans);
  if (!sequences.completions) return all;
  const at::Tensor &rows = sequences.completionTokens_C, &prompts = sequences.promptTokens_P;
  const VarlenPart own{all.out_NHE.index_select(0, rows), all.logSumExp_HN.index_select(1, rows)};
  const VarlenPart merged = merge(own, attention.forward(q_NHE.index_select(0, rows), k_NKE.index_select(0, prompts),
                                                         v_NKE.index_select(0, prompts), *sequences.completions));
  all.out_NHE.index_copy_(0, rows, merged.out_NHE);
  all.logSumExp_HN.index_copy_(1, rows, merged.logSumExp_HN);
  return all;
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> packedBackward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                              const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                                              const VarlenPart& merged,
                                                              const PackedSequences& sequences,
                                                              const VarlenAttention& attention) {
  auto [dq, dk, dv] = attention.backward(dout_NHE, q_NHE, k_NKE, v_NKE, merged, sequences.spans);
  if (!sequences.completions) return {dq, dk, dv};
  const at::Tensor &rows = sequences.completionTokens_C, &prompts = sequences.promptTokens_P;
  const auto [cdq, cdk, cdv] = attention.backward(
      dout_NHE.index_select(0, rows), q_NHE.index_select(0, rows), k_NKE.index_select(0, prompts),
      v_NKE.index_select(0, prompts), {merged.out_NHE.index_select(0, rows), merged.logSumExp_HN.index_select(1, rows)},
      *sequences.completions);
  dq.index_add_(0, rows, cdq);
  dk.index_add_(0, prompts, cdk);
  dv.index_add_(0, prompts, cdv);
  return {dq, dk, dv};
}

}  // namespace foothold::model
