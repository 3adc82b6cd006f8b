#include "native/train/loss.h"

#include <algorithm>
#include <cmath>

namespace foothold::train {

PolicyLoss::PolicyLoss(const LossOptions& options, const LossInputs& inputs, const std::vector<int64_t>& rows)
    : options_(options), inputs_(inputs), numSequences_(static_cast<int64_t>(rows.size())) {
  for (const int64_t row : rows) numTokens_ += length(row);
  if (needsWholeRows() && !rows.empty()) {
    sequenceRatios_.resize(*std::max_element(rows.begin(), rows.end()) + 1, 1.0);
  }
}

void PolicyLoss::setSequence(int64_t row, const float* logProbs) {
  double sum = 0;
  if (inputs_.oldLogProbs) {
    const float* old = inputs_.oldLogProbs + inputs_.offsets[row];
    for (int64_t t = 0; t < length(row); ++t) sum += static_cast<double>(logProbs[t]) - old[t];
  }
  sequenceRatios_[row] = std::exp(sum / static_cast<double>(length(row)));
}

double PolicyLoss::tokenWeight(int64_t row) const {
  const double sequences = static_cast<double>(numSequences_);
  switch (options_.type) {
    case LossType::Grpo:
    case LossType::Gspo:
      return 1.0 / (sequences * static_cast<double>(length(row)));
    case LossType::DrGrpo:
      return 1.0 / (sequences * static_cast<double>(options_.maxCompletionLength));
    case LossType::Dapo:
    case LossType::CrossEntropy:
      break;
  }
  return 1.0 / static_cast<double>(numTokens_);
}

/// d/dlogp of −weight · min(ρ Â, clip(ρ) Â), with dρ/dlogp = ρ; zero where the clipped branch is the smaller one.
/// `share`: how much of a clipped ratio this token stands for.
double PolicyLoss::surrogateDerivative(double ratio, double advantage, double weight, double share) {
  const double low = 1 - options_.epsilonLow, high = 1 + options_.epsilonHigh;
  const bool clippedLow = ratio < low && advantage<0, clippedHigh = ratio> high && advantage > 0;
  totals_.clippedLow += clippedLow ? share : 0;
  totals_.clippedHigh += clippedHigh ? share : 0;
  const double effective = clippedLow ? low : clippedHigh ? high : ratio;
  totals_.loss -= weight * effective * advantage;
  return clippedLow || clippedHigh ? 0 : -weight * ratio * advantage;
}

double PolicyLoss::klDerivative(int64_t row, int64_t t, double logProb, double weight) {
  if (!inputs_.refLogProbs) return 0;
  const double difference = static_cast<double>(inputs_.refLogProbs[inputs_.offsets[row] + t]) - logProb;
  const double k3 = std::exp(difference) - difference - 1;
  totals_.kl += k3;
  totals_.loss += weight * options_.beta * k3;
  return weight * options_.beta * (1 - std::exp(difference));
}

double PolicyLoss::derivative(int64_t row, int64_t t, double logProb, double entropy) {
  const double weight = tokenWeight(row);
  totals_.entropy += entropy;
  if (options_.type == LossType::CrossEntropy) {
    totals_.loss -= weight * logProb;
    return -weight;
  }
  const double advantage = (*inputs_.advantages)[row];
  const double kl = klDerivative(row, t, logProb, weight);
  if (needsWholeRows()) {
    return kl + surrogateDerivative(sequenceRatios_[row], advantage, weight, 1.0 / static_cast<double>(length(row)));
  }
  const double ratio = inputs_.oldLogProbs ? std::exp(logProb - inputs_.oldLogProbs[inputs_.offsets[row] + t]) : 1.0;
  return kl + surrogateDerivative(ratio, advantage, weight, 1);
}

}  // namespace foothold::train
