#pragma once

#include <cstdint>
#include <vector>

#include "native/model/progress.h"
#include "native/train/policy.h"

namespace foothold::train {

/// One pass of tokens through the model: `rows` through every layer, `headRows` through the output layer.
struct ProductPass {
  int64_t rows = 0;
  int64_t headRows = 0;
};

/// Seconds that each pass takes when nothing but the products of activations with weights is done, by the linear layers
/// of this model: forward, or forward and backward (gradients of inputs and weights). What a benchmark compares a whole
/// rollout or update with. Attention's own products are left out. Weights and optimizer stay as they are.
std::vector<double> timeProducts(Policy& policy, const std::vector<ProductPass>& passes, bool backward,
                                 const Progress& progress);

}  // namespace foothold::train
