#pragma once

#include "native/rollout/cache.h"

namespace foothold::rollout {

/// The cache in terms of tensor operations, for any device and type.
class TensorCache : public Cache {
 public:
  TensorCache(const model::ModelConfig& config, const CacheShape& shape, const at::TensorOptions& options);

  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) override;
  void dropPrompt(int64_t group) override;
  at::Tensor attend(int64_t layer, const std::vector<CacheRow>& rows, const at::Tensor& q_BHE, const at::Tensor& k_BKE,
                    const at::Tensor& v_BKE) override;

 private:
  int64_t kvHeads_;
  std::vector<std::vector<at::Tensor>> promptKeys_, promptValues_;  // [group][layer] of [K, P, E]
  std::vector<at::Tensor> slotKeys_, slotValues_;                   // [layer] of [slots, K, T, E]
};

}  // namespace foothold::rollout
