#include "native/rollout/decoder.h"

#include "native/model/kernels.h"
#include "native/rollout/cpu_decoder.h"
#include "native/rollout/tensor_decoder.h"

namespace foothold::rollout {

std::unique_ptr<Decoder> makeDecoder(const model::Model& model, const CacheShape& shape) {
  if (model::kernels::canUse(model.weights.embedding)) return std::make_unique<CpuDecoder>(model, shape);
  return std::make_unique<TensorDecoder>(model, shape);
}

}  // namespace foothold::rollout
