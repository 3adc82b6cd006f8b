#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "native/model/progress.h"
#include "native/model/ragged.h"
#include "native/model/transformer.h"
#include "native/rollout/decoder.h"

namespace foothold::rollout {

/// Computes the prompts of these groups, once for all completions, and leaves their keys and values with the decoder.
/// Returns for each group the logits [V] after its prompt, float32 on the CPU. Checks `progress` before each pass.
std::vector<at::Tensor> prefill(const model::Model& model, const at::Device& device, Decoder& decoder,
                                const Ragged& prompts, const std::vector<int64_t>& groups, const Progress& progress);

}  // namespace foothold::rollout
