#include "native/rollout/row_sampler.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "native/model/index_tensor.h"
#include "native/model/kernels.h"

namespace foothold::rollout {
namespace {

/// Tokens of a block.
constexpr int64_t kBlock = 256;

std::vector<Sample> sampleOnHost(const at::Tensor& logits_BV, const SamplingOptions& options,
                                 const std::vector<double>& u) {
  const at::Tensor host_BV = logits_BV.to(at::kCPU, at::kFloat).contiguous();
  const float* logits = host_BV.const_data_ptr<float>();
  const int64_t size = host_BV.size(1);
  std::vector<Sample> samples(u.size());
  at::parallel_for(0, static_cast<int64_t>(u.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) samples[i] = sample(logits + i * size, size, options, u[i]);
  });
  return samples;
}

/// Where a draw lies among blocks: the block, and what is left of the draw within it.
struct Place {
  int64_t block = 0;
  double rest = 0, total = 0;
};

Place findBlock(const float* sums, int64_t blocks, double u) {
  Place place;
  for (int64_t i = 0; i < blocks; ++i) place.total += sums[i];
  checkFinite(place.total);
  place.rest = u * place.total;
  while (place.block + 1 < blocks && place.rest >= sums[place.block]) place.rest -= sums[place.block++];
  // Rounding may lead behind the last block that has any weight.
  while (place.block > 0 && sums[place.block] == 0) --place.block;
  return place;
}

/// `exponents`: of the block's weights.
Sample findToken(const float* exponents, const Place& place) {
  int64_t chosen = -1;
  double rest = place.rest;
  for (int64_t i = 0; i < kBlock && (chosen < 0 || rest >= 0); ++i) {
    const float weight = std::exp(exponents[i]);
    if (weight > 0) chosen = i;
    rest -= weight;
  }
  if (chosen < 0) chosen = std::max_element(exponents, exponents + kBlock) - exponents;
  return {static_cast<int32_t>(place.block * kBlock + chosen),
          static_cast<float>(exponents[chosen] - std::log(place.total))};
}

std::vector<Sample> sampleByBlocks(const at::Tensor& logits_BV, double temperature, const std::vector<double>& u) {
  const int64_t count = logits_BV.size(0), size = logits_BV.size(1), blocks = (size + kBlock - 1) / kBlock;
  at::Tensor exponents_BV = logits_BV.to(at::kFloat);
  exponents_BV = exponents_BV.sub(exponents_BV.amax(-1, /*keepdim=*/true)).mul_(static_cast<float>(1 / temperature));
  const at::Tensor blocks_NT =
      at::constant_pad_nd(exponents_BV, {0, blocks * kBlock - size}, -std::numeric_limits<float>::infinity())
          .view({count * blocks, kBlock});
  const at::Tensor sums_N = blocks_NT.exp().sum(-1).to(at::kCPU);
  std::vector<Place> places(u.size());
  std::vector<int64_t> wanted;
  for (int64_t i = 0; i < count; ++i) {
    places[i] = findBlock(sums_N.const_data_ptr<float>() + i * blocks, blocks, u[i]);
    wanted.push_back(i * blocks + places[i].block);
  }
  const at::Tensor wanted_B = model::indexTensor(wanted, logits_BV.device());
  const at::Tensor chosen_BT = blocks_NT.index_select(0, wanted_B).to(at::kCPU);
  std::vector<Sample> samples;
  for (int64_t i = 0; i < count; ++i) {
    samples.push_back(findToken(chosen_BT.const_data_ptr<float>() + i * kBlock, places[i]));
  }
  return samples;
}

}  // namespace

std::vector<Sample> sampleRows(const at::Tensor& logits_BV, const SamplingOptions& options,
                               const std::vector<double>& u) {
  const bool isWhole = options.temperature > 0 && options.topP >= 1 && options.topK == 0 && options.minP == 0;
  const bool isFastHere = logits_BV.is_cpu() && model::kernels::areEnabled();
  if (!isWhole || isFastHere) return sampleOnHost(logits_BV, options, u);
  return sampleByBlocks(logits_BV, options.temperature, u);
}

}  // namespace foothold::rollout
