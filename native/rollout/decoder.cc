#include "native/rollout/decoder.h"

#include <algorithm>

#include "native/model/kernels.h"
#include "native/rollout/cpu_decoder.h"
#include "native/rollout/pool_decoder.h"

namespace foothold::rollout {
namespace {

bool hasCpuKernels(const model::Model& model) { return model::kernels::canUse(model.weights.embedding); }

}  // namespace

CacheShape fitShape(const model::Model& model, const CacheShape& wanted, int64_t maxTokens) {
  CacheShape shape = wanted;
  const auto fit = [](int64_t tokens, int64_t each, int64_t most) {
    return std::clamp<int64_t>(tokens / each, 1, std::max<int64_t>(most, 1));
  };
  if (hasCpuKernels(model)) {
    shape.slots = fit(maxTokens, wanted.slotLength, wanted.slots);
    return shape;
  }
  // A prompt keeps its room until the last of its group has ended: on the way, about half of a group runs.
  const int64_t half = (wanted.groupSize * wanted.slotLength + 1) / 2;
  shape.prompts = fit(maxTokens, wanted.promptLength + half, wanted.groups);
  shape.slots = fit(maxTokens - shape.prompts * wanted.promptLength, wanted.slotLength, wanted.slots);
  return shape;
}

std::unique_ptr<Decoder> makeDecoder(const model::Model& model, const CacheShape& shape, GraphMemory& memory) {
  if (hasCpuKernels(model)) return std::make_unique<CpuDecoder>(model, shape);
  return std::make_unique<PoolDecoder>(model, shape, memory);
}

}  // namespace foothold::rollout
