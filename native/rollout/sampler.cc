#include "native/rollout/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/model/kernels.h"
#include "native/model/vectorised.h"

namespace foothold::rollout {
namespace {

using model::fastExp;
using model::kernels::largestOf;

/// Sums of e^((x − max) / T) are kept by blocks, so that the draw looks through block sums first.
constexpr int64_t kBlock = 256;

FOOTHOLD_CLONES float sumExp(const float* x, int64_t size, float largest, float inverseTemperature) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < size; ++i) sum += fastExp((x[i] - largest) * inverseTemperature);
  return sum;
}

Sample greedy(const float* logits, int64_t size) {
  const int64_t best = std::max_element(logits, logits + size) - logits;
  const float total = sumExp(logits, size, logits[best], 1);
  checkFinite(total);
  return {static_cast<int32_t>(best), -std::log(total)};
}

Sample fromFull(const float* logits, int64_t size, float inverseTemperature, double u) {
  const float largest = largestOf(logits, size);
  thread_local std::vector<float> blocks;
  blocks.clear();
  double total = 0;
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    blocks.push_back(sumExp(logits + begin, std::min(kBlock, size - begin), largest, inverseTemperature));
    total += blocks.back();
  }
  checkFinite(total);
  double rest = u * total;
  size_t block = 0;
  while (block + 1 < blocks.size() && rest >= blocks[block]) rest -= blocks[block++];
  // Rounding may leave a rest beyond the block's sum; then the last token with weight is meant.
  int64_t chosen = -1;
  const int64_t begin = static_cast<int64_t>(block) * kBlock, end = std::min(begin + kBlock, size);
  for (int64_t i = begin; i < end && (chosen < 0 || rest >= 0); ++i) {
    const float weight = fastExp((logits[i] - largest) * inverseTemperature);
    if (weight > 0) chosen = i;
    rest -= weight;
  }
  if (chosen < 0) chosen = std::max_element(logits, logits + size) - logits;  // rounding led into a block of zeros
  const double logProb = static_cast<double>(logits[chosen] - largest) * inverseTemperature - std::log(total);
  return {static_cast<int32_t>(chosen), static_cast<float>(logProb)};
}

/// Sorted by falling logit, cut to what top-k, then min-p, then top-p leave, and drawn from what remains.
Sample fromRestricted(const float* logits, int64_t size, const SamplingOptions& options, double u) {
  checkFinite(sumExp(logits, size, largestOf(logits, size), static_cast<float>(1 / options.temperature)));
  std::vector<int32_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
  if (options.topK > 0) order.resize(std::min<int64_t>(options.topK, size));
  std::vector<double> weights;
  for (const int32_t token : order) {
    const double weight = std::exp((static_cast<double>(logits[token]) - logits[order[0]]) / options.temperature);
    if (weight < options.minP) break;
    weights.push_back(weight);
  }
  double total = std::accumulate(weights.begin(), weights.end(), 0.0), kept = 0;
  size_t count = 0;
  while (count < weights.size() && kept < options.topP * total) kept += weights[count++];
  count = std::max<size_t>(count, 1);
  total = std::accumulate(weights.begin(), weights.begin() + static_cast<int64_t>(count), 0.0);
  double rest = u * total;
  size_t chosen = 0;
  while (chosen + 1 < count && rest >= weights[chosen]) rest -= weights[chosen++];
  return {order[chosen], static_cast<float>(std::log(weights[chosen] / total))};
}

}  // namespace

void checkFinite(double total) {
  if (!std::isfinite(total)) throw NotFinite();
}

double uniform(uint64_t seed, uint64_t row, uint64_t step) {
  uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  uint32_t counter[4] = {static_cast<uint32_t>(row), static_cast<uint32_t>(row >> 32), static_cast<uint32_t>(step),
                         static_cast<uint32_t>(step >> 32)};
  for (int round = 0; round < 10; ++round) {
    const uint64_t first = uint64_t{0xD2511F53} * counter[0], second = uint64_t{0xCD9E8D57} * counter[2];
    const uint32_t next[4] = {static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(second),
                              static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(first)};
    std::copy(next, next + 4, counter);
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  const uint64_t bits = (uint64_t{counter[0]} << 32 | counter[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

Sample sample(const float* logits, int64_t size, const SamplingOptions& options, double u) {
  if (options.temperature == 0) return greedy(logits, size);
  if (options.topP < 1 || options.topK > 0 || options.minP > 0) return fromRestricted(logits, size, options, u);
  return fromFull(logits, size, static_cast<float>(1 / options.temperature), u);
}

}  // namespace foothold::rollout
