#pragma once

#include "native/rollout/decoder.h"
#include "native/rollout/tensor_cache.h"

namespace foothold::rollout {

/// Decodes in terms of tensor operations, for any device and type.
class TensorDecoder : public Decoder {
 public:
  TensorDecoder(const model::Model& model, const CacheShape& shape);

  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) override;
  void dropPrompt(int64_t group) override;
  at::Tensor logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                    const std::vector<int64_t>& positions) override;

 private:
  const model::Model& model_;
  TensorCache cache_;
};

}  // namespace foothold::rollout
