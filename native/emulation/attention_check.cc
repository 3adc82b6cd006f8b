// Attention by the imitated CUDA operators against attention without them, on random ragged batches and pools.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "native/model/kernels.h"
#include "native/model/packed_attention.h"
#include "native/model/varlen_kernels.h"
#include "native/rollout/pool_kernels.h"

namespace {

using at::Tensor;
using namespace foothold;

std::mt19937 generator(1);
int checks = 0, failures = 0;

/// A whole number from `low` to `high`.
int64_t draw(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(generator); }

/// `type`: what is computed in.
void compare(const char* what, at::ScalarType type, const Tensor& actual, const Tensor& expected) {
  const double scale = expected.to(at::kFloat).norm().item<double>();
  const double error = (actual.to(at::kFloat) - expected.to(at::kFloat)).norm().item<double>();
  ++checks;
  // Of a lone token the gradients of query and key are zero but for rounding.
  if (error <= (type == at::kFloat ? 3e-6 : 2e-2) * scale + 1e-4) return;
  ++failures;
  std::printf("%s is off by %g of %g\n", what, error, scale);
}

/// Groups of 0 to 4 completions, among them empty ones.
c10::intrusive_ptr<model::PackedLayout> randomLayout(int64_t& tokens) {
  auto layout = c10::make_intrusive<model::PackedLayout>();
  tokens = 0;
  const auto span = [&](int64_t length) {
    tokens += length;
    return model::Span{tokens - length, length};
  };
  for (int64_t groups = draw(1, 4); groups > 0; --groups) {
    model::GroupSpan group{span(draw(1, 90)), {}};
    for (int64_t rows = draw(0, 4); rows > 0; --rows)
      group.completions.push_back(span(std::max<int64_t>(draw(-20, 70), 0)));
    layout->groups.push_back(group);
  }
  return layout;
}

void checkPacked(at::ScalarType type, int64_t repeats, const std::vector<const model::VarlenAttention*>& attentions) {
  int64_t tokens;
  const auto layout = randomLayout(tokens);
  const int64_t kvHeads = draw(1, 3), width = 8 * draw(1, 8);
  // Values are a view into a wider tensor, as in the model.
  const Tensor fused = at::randn({tokens, 2 * kvHeads, width}).to(type);
  Tensor q = at::randn({tokens, repeats * kvHeads, width}).to(type), k = at::randn({tokens, kvHeads, width}).to(type),
         v = fused.narrow(1, kvHeads, kvHeads);
  const Tensor dout = at::randn(q.sizes()).to(type);
  // In float32, so that the reference has nothing in common with what is checked.
  Tensor rq = q.to(at::kFloat), rk = k.to(at::kFloat), rv = v.to(at::kFloat, false, /*copy=*/true).contiguous();
  for (Tensor* input : {&rq, &rk, &rv}) *input = input->detach().requires_grad_();
  const Tensor expected = model::groupAttention(rq, rk, rv, layout);
  expected.backward(dout.to(at::kFloat));
  const at::NoGradGuard noGrad;
  const model::PackedSequences sequences(*layout, at::kCPU);
  for (const model::VarlenAttention* attention : attentions) {
    const auto part = model::packedForward(q, k, v, sequences, *attention);
    const auto [dq, dk, dv] = model::packedBackward(dout, q, k, v, part, sequences, *attention);
    compare(attention->name(), type, part.out_NHE, expected);
    compare(attention->name(), type, dq, rq.grad());
    compare(attention->name(), type, dk, rk.grad());
    compare(attention->name(), type, dv, rv.grad());
  }
}

void checkPool(at::ScalarType type, const std::vector<const rollout::PoolAttention*>& attentions) {
  const at::NoGradGuard noGrad;
  const int64_t count = draw(1, 9), queries = draw(1, 60), capacity = draw(1, 150), width = 8 * draw(1, 8);
  const Tensor lengths = at::randint(1, capacity + 1, {count}, at::kLong);
  const Tensor q = at::randn({count, queries, width}).to(type), k = at::randn({count, capacity, width}).to(type),
               v = at::randn({count, capacity, width}).to(type);
  const rollout::PoolSequences sequences(lengths, queries, capacity, capacity);
  for (const rollout::PoolAttention* attention : attentions) {
    const rollout::PoolPart part = attention->forward(q, k, v, sequences);
    for (int64_t s = 0; s < count; ++s) {
      const int64_t length = lengths[s].item<int64_t>();
      const Tensor scores =
          at::matmul(q[s].to(at::kFloat), k[s].narrow(0, 0, length).to(at::kFloat).t()) / std::sqrt(double(width));
      compare(attention->name(), type, part.logSumExp_SQ[s], scores.logsumexp(-1));
      compare(attention->name(), type, part.out_SQE[s],
              at::matmul(scores.softmax(-1), v[s].narrow(0, 0, length).to(at::kFloat)));
    }
  }
}

}  // namespace

int main() {
  at::manual_seed(1);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    std::vector<const model::VarlenAttention*> varlen{&model::plainVarlenAttention(),
                                                      &model::efficientVarlenAttention()};
    std::vector<const rollout::PoolAttention*> pool{&rollout::plainPoolAttention(), &rollout::efficientPoolAttention()};
    if (type == at::kBFloat16) {
      varlen.push_back(&model::flashVarlenAttention());
      pool.push_back(&rollout::flashPoolAttention());
    }
    for (int round = 0; round < 20; ++round) {
      for (const int64_t repeats : {1, 2, 7}) checkPacked(type, repeats, varlen);
      checkPool(type, pool);
    }
  }
  std::printf("%d comparisons, %d failed\n", checks, failures);
  return failures > 0;
}
