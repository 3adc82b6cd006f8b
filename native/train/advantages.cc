#include "native/train/advantages.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace foothold::train {
namespace {

/// Standard deviations below this share of the rewards' magnitude are rounding, not spread.
constexpr double kRelativeFloor = 1e-8;

struct Moments {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double std = std::numeric_limits<double>::quiet_NaN();
};

/// Two passes, the second about the mean: no cancellation for rewards with a large common offset.
Moments moments(std::span<const double> rewards) {
  double sum = 0, largest = 0;
  int64_t count = 0;
  for (const double reward : rewards) {
    if (!std::isfinite(reward)) continue;
    sum += reward;
    largest = std::max(largest, std::abs(reward));
    ++count;
  }
  if (count == 0) return {};
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (const double reward : rewards) {
    if (std::isfinite(reward)) squares += (reward - mean) * (reward - mean);
  }
  const double std = std::sqrt(squares / static_cast<double>(count));
  return {mean, std > kRelativeFloor * std::max(1.0, largest) ? std : 0};
}

}  // namespace

Advantages computeAdvantages(const std::vector<double>& rewards, const std::vector<int32_t>& groupSizes,
                             ScaleRewards scale) {
  Advantages result;
  result.advantages.resize(rewards.size(), 0.0);
  const double batchStd = moments(rewards).std;
  size_t begin = 0;
  for (const int32_t size : groupSizes) {
    const Moments group = moments(std::span(rewards).subspan(begin, size));
    const double divisor = scale == ScaleRewards::Group ? group.std : scale == ScaleRewards::Batch ? batchStd : 1;
    for (size_t i = begin; i < begin + size; ++i) {
      // group.std is 0 or NaN when no finite reward differs from another: their advantage is exactly 0.
      if (std::isfinite(rewards[i]) && group.std > 0 && divisor > 0) {
        result.advantages[i] = (rewards[i] - group.mean) / divisor;
      }
    }
    result.mean.push_back(group.mean);
    result.std.push_back(group.std);
    begin += size;
  }
  return result;
}

}  // namespace foothold::train
