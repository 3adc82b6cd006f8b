#include "native/rollout/tensor_decoder.h"

namespace foothold::rollout {
namespace {

/// One token of every running row attends to what the cache holds.
class DecodeAttention : public model::Attention {
 public:
  DecodeAttention(TensorCache& cache, const std::vector<CacheRow>& rows) : cache_(cache), rows_(rows) {}
  at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override {
    return cache_.attend(layer, rows_, q, k, v);
  }

 private:
  TensorCache& cache_;
  const std::vector<CacheRow>& rows_;
};

}  // namespace

TensorDecoder::TensorDecoder(const model::Model& model, const CacheShape& shape)
    : model_(model), cache_(model.config, shape, model.weights.embedding.options().requires_grad(false)) {}

void TensorDecoder::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  cache_.addPrompt(group, layer, k_PKE, v_PKE);
}

void TensorDecoder::dropPrompt(int64_t group) { cache_.dropPrompt(group); }

at::Tensor TensorDecoder::logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                                 const std::vector<int64_t>& positions) {
  const auto upload = [&](const std::vector<int64_t>& values) {
    return at::tensor(values, at::kLong).to(model_.weights.embedding.device());
  };
  DecodeAttention attention(cache_, rows);
  const at::Tensor hidden_BD = model::hiddenStates(model_, upload(tokens), upload(positions), attention);
  return model_.weights.head(hidden_BD).to(at::kCPU, at::kFloat).contiguous();
}

}  // namespace foothold::rollout
