#include "native/model/varlen_attention.h"

#include <algorithm>

#include "native/model/attention.h"
#include "native/model/index_tensor.h"

namespace foothold::model {
namespace {

/// Tokens [start, start + length) as [R, K, length, E], with the H = K·R heads of queries split.
at::Tensor queriesOf(const at::Tensor& x_NHE, int64_t start, int64_t length, int64_t kvHeads) {
  const int64_t repeats = x_NHE.size(1) / kvHeads;
  return x_NHE.narrow(0, start, length).view({length, kvHeads, repeats, x_NHE.size(2)}).permute({2, 1, 0, 3});
}

/// The same of keys or values, expanded without a copy.
at::Tensor keysOf(const at::Tensor& x_MKE, int64_t start, int64_t length, int64_t repeats) {
  return x_MKE.narrow(0, start, length)
      .transpose(0, 1)
      .unsqueeze(0)
      .expand({repeats, x_MKE.size(1), length, x_MKE.size(2)});
}

/// Tokens [start, start + length) of [H, N] as [R, K, length].
at::Tensor rowsOf(const at::Tensor& x_HN, int64_t start, int64_t length, int64_t kvHeads) {
  return x_HN.narrow(1, start, length).unflatten(0, {kvHeads, x_HN.size(0) / kvHeads}).transpose(0, 1);
}

struct PairSpan {
  int64_t queryStart, queries, keyStart, keys;
};

std::vector<PairSpan> spansOf(const SequencePairs& pairs) {
  TORCH_INTERNAL_ASSERT(pairs.queries.count() == pairs.keys.count());
  const auto &q = pairs.queries.hostOffsets, &k = pairs.keys.hostOffsets;
  std::vector<PairSpan> spans;
  for (int64_t s = 0; s < pairs.queries.count(); ++s) spans.push_back({q[s], q[s + 1] - q[s], k[s], k[s + 1] - k[s]});
  return spans;
}

class PlainVarlenAttention : public VarlenAttention {
 public:
  const char* name() const override { return "plain"; }

  VarlenPart forward(const at::Tensor& q_NHE, const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                     const SequencePairs& pairs) const override {
    const int64_t kvHeads = k_MKE.size(1), repeats = q_NHE.size(1) / kvHeads;
    VarlenPart part{at::empty(q_NHE.sizes(), q_NHE.options()),
                    at::empty({q_NHE.size(1), q_NHE.size(0)}, q_NHE.options().dtype(at::kFloat))};
    for (const PairSpan& s : spansOf(pairs)) {
      const AttentionPart one =
          attend(queriesOf(q_NHE, s.queryStart, s.queries, kvHeads), keysOf(k_MKE, s.keyStart, s.keys, repeats),
                 keysOf(v_MKE, s.keyStart, s.keys, repeats), pairs.causal);
      queriesOf(part.out_NHE, s.queryStart, s.queries, kvHeads).copy_(one.out_BHTE);
      rowsOf(part.logSumExp_HN, s.queryStart, s.queries, kvHeads).copy_(one.logSumExp_BHT);
    }
    return part;
  }

  std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                          const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                                                          const VarlenPart& merged,
                                                          const SequencePairs& pairs) const override {
    const int64_t kvHeads = k_MKE.size(1), repeats = q_NHE.size(1) / kvHeads;
    at::Tensor dq = at::empty(q_NHE.sizes(), q_NHE.options()), dk = at::empty(k_MKE.sizes(), k_MKE.options()),
               dv = at::empty(v_MKE.sizes(), v_MKE.options());
    for (const PairSpan& s : spansOf(pairs)) {
      const auto queries = [&](const at::Tensor& x) { return queriesOf(x, s.queryStart, s.queries, kvHeads); };
      const auto keys = [&](const at::Tensor& x) { return keysOf(x, s.keyStart, s.keys, repeats); };
      const auto [sdq, sdk, sdv] = attendBackward(
          queries(dout_NHE), queries(q_NHE), keys(k_MKE), keys(v_MKE),
          {queries(merged.out_NHE), rowsOf(merged.logSumExp_HN, s.queryStart, s.queries, kvHeads)}, pairs.causal);
      queries(dq).copy_(sdq);
      dk.narrow(0, s.keyStart, s.keys).copy_(sdk.sum(0).transpose(0, 1));
      dv.narrow(0, s.keyStart, s.keys).copy_(sdv.sum(0).transpose(0, 1));
    }
    return {dq, dk, dv};
  }
};

}  // namespace

Sequences::Sequences(const std::vector<int64_t>& lengths, const at::Device& device) {
  constexpr int64_t kMultiple = 32;
  hostOffsets.push_back(0);
  for (const int64_t length : lengths) {
    TORCH_INTERNAL_ASSERT(length > 0);
    hostOffsets.push_back(hostOffsets.back() + static_cast<int32_t>(length));
    longest = std::max(longest, length);
  }
  paddedLength = (longest + kMultiple - 1) / kMultiple * kMultiple;
  std::vector<int64_t> places;
  for (int64_t s = 0; s < count(); ++s) {
    for (int64_t t = 0; t < lengths[s]; ++t) places.push_back(s * paddedLength + t);
  }
  offsets = at::tensor(hostOffsets, at::TensorOptions(at::kInt)).to(device);
  paddedPlaces_N = indexTensor(places, device);
}

const VarlenAttention& plainVarlenAttention() {
  static const PlainVarlenAttention plain;
  return plain;
}

}  // namespace foothold::model
