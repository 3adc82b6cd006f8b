#include "native/rollout/tensor_cache.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "native/model/attention.h"

namespace foothold::rollout {
namespace {

at::Tensor indexTensor(const std::vector<CacheRow>& rows, int64_t CacheRow::*field, const at::Device& device) {
  std::vector<int64_t> values;
  for (const CacheRow& row : rows) values.push_back(row.*field);
  return at::tensor(values, at::TensorOptions(at::kLong)).to(device);
}

}  // namespace

TensorCache::TensorCache(const model::ModelConfig& config, const CacheShape& shape, const at::TensorOptions& options)
    : kvHeads_(config.numKvHeads), promptKeys_(shape.groups), promptValues_(shape.groups) {
  for (int64_t group = 0; group < shape.groups; ++group) {
    promptKeys_[group].resize(config.numLayers);
    promptValues_[group].resize(config.numLayers);
  }
  const int64_t length = std::max<int64_t>(shape.slotLength, 1);
  for (int64_t layer = 0; layer < config.numLayers; ++layer) {
    slotKeys_.push_back(at::zeros({shape.slots, kvHeads_, length, config.headDim}, options));
    slotValues_.push_back(at::zeros({shape.slots, kvHeads_, length, config.headDim}, options));
  }
}

void TensorCache::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  promptKeys_[group][layer] = k_PKE.transpose(0, 1).contiguous();
  promptValues_[group][layer] = v_PKE.transpose(0, 1).contiguous();
}

void TensorCache::dropPrompt(int64_t group) {
  for (at::Tensor& tensor : promptKeys_[group]) tensor.reset();
  for (at::Tensor& tensor : promptValues_[group]) tensor.reset();
}

at::Tensor TensorCache::attend(int64_t layer, const std::vector<CacheRow>& rows, const at::Tensor& q_BHE,
                               const at::Tensor& k_BKE, const at::Tensor& v_BKE) {
  const int64_t count = q_BHE.size(0), width = q_BHE.size(2), repeats = q_BHE.size(1) / kvHeads_;
  const at::Tensor slots_B = indexTensor(rows, &CacheRow::slot, q_BHE.device());
  const at::Tensor lengths_B = indexTensor(rows, &CacheRow::length, q_BHE.device());
  slotKeys_[layer].index_put_({slots_B, at::indexing::Slice(), lengths_B}, k_BKE);
  slotValues_[layer].index_put_({slots_B, at::indexing::Slice(), lengths_B}, v_BKE);

  int64_t longest = 0;
  for (const CacheRow& row : rows) longest = std::max(longest, row.length + 1);
  const at::Tensor keys_BKTE = slotKeys_[layer].narrow(2, 0, longest).index_select(0, slots_B);
  const at::Tensor values_BKTE = slotValues_[layer].narrow(2, 0, longest).index_select(0, slots_B);
  const at::Tensor q_BKRE = q_BHE.view({count, kvHeads_, repeats, width});
  at::Tensor scores_BKRT = at::matmul(q_BKRE, keys_BKTE.transpose(-2, -1)).to(at::kFloat);
  scores_BKRT.mul_(1.0 / std::sqrt(static_cast<double>(width)));
  const at::Tensor unwritten_BT = at::arange(longest, lengths_B.options()).unsqueeze(0) > lengths_B.unsqueeze(1);
  scores_BKRT.masked_fill_(unwritten_BT.view({count, 1, 1, longest}), -std::numeric_limits<float>::infinity());
  const at::Tensor logSumExp_BKR = scores_BKRT.logsumexp(-1);
  const at::Tensor out_BKRE =
      at::matmul((scores_BKRT - logSumExp_BKR.unsqueeze(-1)).exp().to(values_BKTE.scalar_type()), values_BKTE);

  at::Tensor result_BKRE = at::empty_like(out_BKRE);
  for (int64_t begin = 0; begin < count;) {
    int64_t end = begin;
    while (end < count && rows[end].group == rows[begin].group) ++end;
    // The rows of a group and the R heads of a key head become queries of one attention over the prompt.
    const auto fold = [&](const at::Tensor& x) {
      return x.narrow(0, begin, end - begin).transpose(0, 1).reshape({1, kvHeads_, (end - begin) * repeats, -1});
    };
    const int64_t group = rows[begin].group;
    const model::AttentionPart prompt =
        model::attend(fold(q_BKRE), promptKeys_[group][layer].unsqueeze(0), promptValues_[group][layer].unsqueeze(0),
                      /*causal=*/false);
    const model::AttentionPart own{fold(out_BKRE), fold(logSumExp_BKR.unsqueeze(-1)).squeeze(-1)};
    const at::Tensor merged = model::mergeParts(prompt, own).out_BHTE;
    result_BKRE.narrow(0, begin, end - begin)
        .copy_(merged.view({kvHeads_, end - begin, repeats, width}).transpose(0, 1));
    begin = end;
  }
  return result_BKRE.view({count, kvHeads_ * repeats, width});
}

}  // namespace foothold::rollout
