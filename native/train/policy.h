#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/model/device_stream.h"
#include "native/model/load.h"
#include "native/model/progress.h"
#include "native/model/transformer.h"
#include "native/train/batch.h"
#include "native/train/loss.h"
#include "native/train/optimizer.h"
#include "native/train/readers.h"

namespace foothold::train {

/// A model that is trained: weights, optimizer, and the device they live on.
struct Policy {
  /// `weights`: float32 on the CPU. In bfloat16 they stay as the master copies of rounded ones.
  Policy(const model::ModelConfig& config, const model::Weights& weights, const at::Device& device,
         at::ScalarType type);
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  ~Policy() { readers.waitUntilNone(); }

  at::Device device;
  /// To be used by whatever computes with the model.
  model::DeviceStream stream;
  model::Model model;
  Optimizer optimizer;
  /// Threads that write the values to disk; whoever is to change them waits.
  Readers readers;

 private:
  /// `masters`: on the device already.
  Policy(const model::ModelConfig& config, const model::Weights& masters, at::ScalarType type,
         const at::Device& device);
};

/// Log-probability of every completion token, in the batch's order, under softmax(logits / temperature).
std::vector<float> logProbs(Policy& policy, const TokenBatch& batch, double temperature, int64_t maxTokens,
                            const Progress& progress);

/// Float32 values of a weight by its Hugging Face name (a bfloat16 weight's master); undefined when there is none.
at::Tensor parameter(const Policy& policy, const std::string& name);

/// Logits [T, V] of one row, float32 on the CPU.
at::Tensor logits(Policy& policy, const std::vector<int32_t>& tokens);

struct UpdateBatch : TokenBatch {
  std::vector<double> advantages;  // one per completion; empty for CrossEntropy
  std::vector<float> oldLogProbs;  // one per completion token; empty: on-policy
  std::vector<float> refLogProbs;  // one per completion token; empty when beta is 0
  std::vector<uint8_t> mask;       // one per completion, 0 leaves it out; empty: all count
};

struct UpdateOptions {
  LossOptions loss;
  AdamWOptions adamW;
  double temperature = 1;
  int64_t maxTokensPerMicroBatch = 0;
  bool gradientCheckpointing = false;
};

struct UpdateMetrics {
  double loss = 0;
  double gradNorm = 0;
  double entropy = 0;  // means over the trained tokens
  double kl = 0;
  double clipRatioLow = 0;
  double clipRatioHigh = 0;
  int64_t numTokens = 0;
  int64_t numMicroBatches = 0;
  enum class Skipped { No, Masked, NonFinite } skipped = Skipped::No;
};

/// One optimizer step on the whole batch. The gradient does not depend on how it is cut into micro-batches. When
/// nothing is left to train on, or loss or gradient are not finite, no step is taken. An update that is cancelled or
/// runs out of memory leaves weights and optimizer as they were. The step waits for those who read the values.
UpdateMetrics update(Policy& policy, const UpdateBatch& batch, const UpdateOptions& options, const Progress& progress);

}  // namespace foothold::train
