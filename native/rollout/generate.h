#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "native/model/progress.h"
#include "native/model/ragged.h"
#include "native/model/transformer.h"
#include "native/rollout/sampler.h"
#include "native/rollout/step_graphs.h"

namespace foothold::rollout {

struct GenerateRequest {
  Ragged prompts;
  int64_t numGenerations = 1;
  int64_t maxCompletionLength = 0;
  SamplingOptions sampling;
  uint64_t seed = 0;
  std::vector<int32_t> eosTokenIds;
  int64_t maxBatchedTokens = 0;
};

struct Completion {
  std::vector<int32_t> tokens;  // the end-of-sequence token included
  std::vector<float> logProbs;  // of each token, under the distribution it was drawn from
  bool finished = false;        // ended by an end-of-sequence token, not by the length limit
};

/// Told of each completion as it ends, on the thread that samples, with its place in the result.
using OnCompletion = std::function<void(int64_t row, const Completion& completion)>;

/// Sample `numGenerations` completions of every prompt; the result is ordered prompt by prompt. Prompts are computed
/// once; a row leaves the batch when it ends and waiting rows take its place, as far as `maxBatchedTokens` (prompts
/// held + space reserved for completions) allows. What a row samples depends on the seed and its index alone. `memory`:
/// of this model.
std::vector<Completion> generate(const model::Model& model, const at::Device& device, const GenerateRequest& request,
                                 GraphMemory& memory, const Progress& progress, const OnCompletion& onCompletion = {});

}  // namespace foothold::rollout
