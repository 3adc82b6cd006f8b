#pragma once

#include <cstdint>
#include <vector>

namespace foothold::train {

enum class LossType { Grpo, Dapo, DrGrpo, Gspo, CrossEntropy };

struct LossOptions {
  LossType type = LossType::Grpo;
  double epsilonLow = 0.2;
  double epsilonHigh = 0.2;
  double beta = 0;
  int64_t maxCompletionLength = 0;
};

/// What the loss knows of the completions of an optimizer step, all in the order of the batch's completion tokens.
struct LossInputs {
  const int32_t* offsets = nullptr;                 // rows + 1
  const std::vector<double>* advantages = nullptr;  // per row; not for CrossEntropy
  const float* oldLogProbs = nullptr;               // null: on-policy, every ratio is 1
  const float* refLogProbs = nullptr;               // needed when beta is not 0
};

struct LossTotals {
  double loss = 0;
  double kl = 0;  // sums over trained tokens …
  double entropy = 0;
  double clippedLow = 0;  // … and counts of clipped tokens (sequences for Gspo)
  double clippedHigh = 0;
};

/// The losses as functions of the log-probabilities of the sampled tokens. They are given by their derivative
/// dL/dlogp of each token, which is all that the backward pass needs; everything here is float64 scalar arithmetic.
///
///   ρ = exp(logp − old), surrogate s = min(ρ Â, clip(ρ, 1 − εlow, 1 + εhigh) Â), k3 = e^d − d − 1 with d = ref − logp
///   Grpo   mean over sequences of the mean over tokens of −s + β k3       (DeepSeekMath, arXiv 2402.03300)
///   Dapo   sum over tokens / number of tokens of the optimizer step        (arXiv 2503.14476)
///   DrGrpo sum over tokens / (sequences · maxCompletionLength)             (arXiv 2503.20783)
///   Gspo   as Grpo with the ratio of the sequence, exp(mean(logp − old))   (arXiv 2507.18071)
///   CrossEntropy  −logp, mean over the tokens of the optimizer step
class PolicyLoss {
 public:
  /// `rows`: the completions that are trained on, which alone count in numerators and denominators.
  PolicyLoss(const LossOptions& options, const LossInputs& inputs, const std::vector<int64_t>& rows);

  /// Whether setSequence() must be told of a whole row before derivative() is asked for its tokens.
  bool needsWholeRows() const { return options_.type == LossType::Gspo; }
  void setSequence(int64_t row, const float* logProbs);

  /// dL/dlogp of token t of a row; adds the token to the totals.
  double derivative(int64_t row, int64_t t, double logProb, double entropy);

  const LossTotals& totals() const { return totals_; }
  int64_t numTokens() const { return numTokens_; }
  int64_t numSequences() const { return numSequences_; }

 private:
  int64_t length(int64_t row) const { return inputs_.offsets[row + 1] - inputs_.offsets[row]; }
  double tokenWeight(int64_t row) const;
  double surrogateDerivative(double ratio, double advantage, double weight, double share);
  double klDerivative(int64_t row, int64_t t, double logProb, double weight);

  LossOptions options_;
  LossInputs inputs_;
  std::vector<double> sequenceRatios_;
  LossTotals totals_;
  int64_t numTokens_ = 0;
  int64_t numSequences_ = 0;
};

}  // namespace foothold::train
