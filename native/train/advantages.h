#pragma once

#include <cstdint>
#include <vector>

namespace foothold::train {

enum class ScaleRewards { Group, Batch, None };

struct Advantages {
  std::vector<double> advantages;  // one per reward
  std::vector<double> mean;        // one per group, over its finite rewards; NaN when it has none
  std::vector<double> std;         // population standard deviation, likewise
};

/// Â = (r − mean of the group) / std, in float64, with the population standard deviation of the group or of the whole
/// batch, or unscaled. A reward that is not finite gets 0 and does not count; a spread below rounding counts as none
/// and gives exactly 0 (a float residue as divisor would make thousands of it).
Advantages computeAdvantages(const std::vector<double>& rewards, const std::vector<int32_t>& groupSizes,
                             ScaleRewards scale);

}  // namespace foothold::train
