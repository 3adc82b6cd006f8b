#pragma once

#include <cstdint>
#include <vector>

#include "native/model/progress.h"
#include "native/train/policy.h"

namespace foothold::train {

/// One pass of tokens through the model: `rows` through every layer, `headRows` through the output layer; `pairs` of a
/// query's and a key's token in attention.
struct ProductPass {
  int64_t rows = 0;
  int64_t headRows = 0;
  int64_t pairs = 0;
};

/// Seconds that each pass takes when nothing but its matrix products is done, forward, or forward and backward: those
/// of activations with weights by the linear layers of this model, and those of attention by blocks of plain products.
/// What a benchmark compares a whole rollout or update with. Weights and optimizer stay as they are.
std::vector<double> timeProducts(Policy& policy, const std::vector<ProductPass>& passes, bool backward,
                                 const Progress& progress);

}  // namespace foothold::train
