#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "native/model/linear.h"

namespace foothold::train {

/// Of each completion token, under softmax(logits / temperature): its log-probability and the entropy of the
/// distribution it was drawn from, in nats.
struct TokenStats {
  std::vector<float> logProbs;
  std::vector<float> entropies;
};

/// The output layer over the completion tokens only, in chunks: no [batch, tokens, vocabulary] tensor ever exists.
class Head {
 public:
  /// hidden [C, D] of the token before each of the C completion tokens, output layer [V, D], targets [C] in V.
  Head(at::Tensor hidden_CD, const model::Linear& output, at::Tensor targets_C, double temperature);

  TokenStats forward() const;

  /// For the tokens [begin, begin + logProbs.size()): their statistics in, dL/dlogp out.
  using Derivatives = std::function<void(int64_t begin, const TokenStats& stats, std::vector<float>& derivatives)>;

  /// Forward and backward in one pass over the chunks. Returns dL/dhidden [C, D]; adds dL/dweight to `dweight_VD`
  /// (float32).
  at::Tensor backward(const Derivatives& derivatives, at::Tensor& dweight_VD) const;

 private:
  struct Chunk;
  Chunk logits(int64_t begin) const;

  at::Tensor hidden_CD_;
  model::Linear output_;
  at::Tensor targets_C_;
  double inverseTemperature_;
};

}  // namespace foothold::train
