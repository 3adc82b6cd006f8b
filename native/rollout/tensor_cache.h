#pragma once

#include "native/rollout/decoder.h"

namespace foothold::rollout {

/// Keys and values in terms of tensor operations, for any device and type.
class TensorCache {
 public:
  TensorCache(const model::ModelConfig& config, const CacheShape& shape, const at::TensorOptions& options);

  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE);
  void dropPrompt(int64_t group);
  /// One decoding step of one layer for B running rows ordered by group: append the keys and values [B, K, E] at each
  /// row's length, then attend with q [B, H, E] over the row's prompt and its own tokens. Returns [B, H, E].
  at::Tensor attend(int64_t layer, const std::vector<CacheRow>& rows, const at::Tensor& q_BHE, const at::Tensor& k_BKE,
                    const at::Tensor& v_BKE);

 private:
  int64_t kvHeads_;
  std::vector<std::vector<at::Tensor>> promptKeys_, promptValues_;  // [group][layer] of [K, P, E]
  std::vector<at::Tensor> slotKeys_, slotValues_;                   // [layer] of [slots, K, T, E]
};

}  // namespace foothold::rollout
