#include "native/rollout/decoder.h"

#include <algorithm>

#include "native/model/kernels.h"
#include "native/rollout/cpu_cache.h"
#include "native/rollout/pool_decoder.h"

namespace foothold::rollout {
namespace {

/// One token of every running row attends to what the cache holds.
class CacheAttention : public model::Attention {
 public:
  CacheAttention(Cache& cache, const std::vector<CacheRow>& rows) : cache_(cache), rows_(rows) {}
  at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override {
    return cache_.attend(layer, rows_, q, k, v);
  }

 private:
  Cache& cache_;
  const std::vector<CacheRow>& rows_;
};

/// Computes the running rows and nothing else, in tensors of as many rows.
class CpuDecoder : public Decoder {
 public:
  CpuDecoder(const model::Model& model, const DecoderShape& shape)
      : model_(model),
        prompts_(shape.groups),
        cache_(std::make_unique<CpuCache>(model.config, CacheShape{shape.groups, shape.slots, shape.slotLength})) {}

  int64_t promptCapacity() const override { return prompts_; }
  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) override {
    cache_->addPrompt(group, layer, k_PKE, v_PKE);
  }
  void dropPrompt(int64_t group) override { cache_->dropPrompt(group); }

  at::Tensor step(const std::vector<DecodeRow>& rows) override {
    std::vector<CacheRow> cacheRows;
    std::vector<int64_t> tokens, positions;
    for (const DecodeRow& row : rows) {
      cacheRows.push_back(row.cache);
      tokens.push_back(row.token);
      positions.push_back(row.position);
    }
    CacheAttention attention(*cache_, cacheRows);
    return model_.weights.head(model::hiddenStates(model_, at::tensor(tokens, at::TensorOptions(at::kLong)),
                                                   at::tensor(positions, at::TensorOptions(at::kLong)), attention));
  }

 private:
  const model::Model& model_;
  int64_t prompts_;
  std::unique_ptr<Cache> cache_;
};

bool hasCpuKernels(const model::Model& model) { return model::kernels::canUse(model.weights.embedding); }

}  // namespace

DecoderShape fitDecoder(const model::Model& model, const DecoderShape& wanted, int64_t maxTokens) {
  DecoderShape shape = wanted;
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

std::unique_ptr<Decoder> makeDecoder(const model::Model& model, const DecoderShape& shape, GraphMemory& memory) {
  if (hasCpuKernels(model)) return std::make_unique<CpuDecoder>(model, shape);
  return std::make_unique<PoolDecoder>(model, shape, memory);
}

}  // namespace foothold::rollout
