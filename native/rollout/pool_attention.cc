#include "native/rollout/pool_attention.h"

#include <limits>

#include "native/model/attention.h"

namespace foothold::rollout {
namespace {

class PlainPoolAttention : public PoolAttention {
 public:
  const char* name() const override { return "plain"; }
  bool needsBound() const override { return true; }

  PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                   const PoolSequences& sequences) const override {
    const at::Tensor k_STE = k_SCE.narrow(1, 0, sequences.bound), v_STE = v_SCE.narrow(1, 0, sequences.bound);
    at::Tensor scores_SQT = at::bmm(q_SQE, k_STE.transpose(1, 2)).to(at::kFloat).mul_(model::scaleOf(q_SQE));
    scores_SQT.masked_fill_(sequences.unwritten_S1T, -std::numeric_limits<float>::infinity());
    const at::Tensor logSumExp_SQ = scores_SQT.logsumexp(-1);
    const at::Tensor probabilities = scores_SQT.sub_(logSumExp_SQ.unsqueeze(-1)).exp_().to(v_SCE.scalar_type());
    return {at::bmm(probabilities, v_STE), logSumExp_SQ};
  }
};

}  // namespace

PoolSequences::PoolSequences(const at::Tensor& lengths, int64_t queries, int64_t capacity, int64_t bound)
    : queries(queries), capacity(capacity), bound(bound), lengths_S(lengths.to(at::kInt)) {
  const int64_t count = lengths.size(0);
  const auto multiples = [&](int64_t step) { return at::arange(count + 1, lengths_S.options()).mul_(step); };
  queryOffsets = multiples(queries);
  keyOffsets = multiples(capacity);
  unwritten_S1T = at::arange(bound, lengths_S.options()).unsqueeze(0).ge(lengths_S.unsqueeze(1)).unsqueeze(1);
}

const PoolAttention& plainPoolAttention() {
  static const PlainPoolAttention plain;
  return plain;
}

}  // namespace foothold::rollout
