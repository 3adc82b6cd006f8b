#pragma once

#include "native/rollout/cpu_cache.h"

namespace foothold::rollout {

/// Decodes in float32 on the CPU: one parallel region a step, products that read the weights as they are, and
/// activations in buffers that are taken once.
class CpuDecoder : public Decoder {
 public:
  CpuDecoder(const model::Model& model, const CacheShape& shape);

  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) override;
  void dropPrompt(int64_t group) override;
  at::Tensor logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                    const std::vector<int64_t>& positions) override;

 private:
  class Step;

  const model::Model& model_;
  CpuCache cache_;
  // Activations of all slots: B of their rows are used by a step.
  at::Tensor x_BD, normalised_BD, qkv_B, rotated_B, heads_B, inner_BF, logits_BV;
};

}  // namespace foothold::rollout
