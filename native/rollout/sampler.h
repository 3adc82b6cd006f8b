#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace foothold::rollout {

struct SamplingOptions {
  double temperature = 1;  // 0 is greedy
  double topP = 1;         // the last three restrict the distribution; 1, 0 and 0 turn them off
  int64_t topK = 0;
  double minP = 0;
};

struct Sample {
  int32_t token = 0;
  float logProb = 0;
};

/// A number in [0, 1) that is a function of (seed, row, step) alone: Philox 4x32-10 (Salmon et al., SC 2011). So a
/// completion does not depend on its neighbours or on the order in which rows are computed.
double uniform(uint64_t seed, uint64_t row, uint64_t step);

/// Logits from which nothing can be drawn.
struct NotFinite : std::runtime_error {
  NotFinite()
      : std::runtime_error(
            "The model's logits are not finite: its weights are damaged, or training has diverged. Lower the learning "
            "rate, and go on from a checkpoint that was still good") {}
};

/// Throws NotFinite unless a sum over logits is finite.
void checkFinite(double total);

/// Draw a token from softmax(logits / temperature), restricted as `options` say, by inverting the cumulative
/// distribution at `u`; its log-probability is that of the distribution drawn from. Greedy reports the log-probability
/// at temperature 1.
Sample sample(const float* logits, int64_t size, const SamplingOptions& options, double u);

}  // namespace foothold::rollout
