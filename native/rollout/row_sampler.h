#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "native/rollout/sampler.h"

namespace foothold::rollout {

/// A draw from each row of logits [B, V], at the number `u` of that row; see `sample`. From a GPU the logits are not
/// copied, unless the distribution is restricted or the draw greedy: weights are summed there by blocks of tokens, and
/// the host reads those sums and then the block that each row's draw lies in.
std::vector<Sample> sampleRows(const at::Tensor& logits_BV, const SamplingOptions& options,
                               const std::vector<double>& u);

}  // namespace foothold::rollout
