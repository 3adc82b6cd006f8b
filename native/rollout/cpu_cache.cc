#include "native/rollout/cpu_cache.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "native/rollout/decode_kernels.h"

namespace foothold::rollout {
namespace {

/// Rows of a group that one task takes: enough to reuse a key block, few enough to share the work out.
constexpr int64_t kRowsPerTask = 8;

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

CpuCache::CpuCache(const model::ModelConfig& config, const CacheShape& shape)
    : heads_(config.numHeads),
      kvHeads_(config.numKvHeads),
      width_(config.headDim),
      slotCapacity_(roundUp(std::max<int64_t>(shape.slotLength, 1), kernels::kKeyBlock)),
      prompts_(shape.groups) {
  for (auto& prompt : prompts_) prompt.resize(config.numLayers);
  for (int64_t layer = 0; layer < config.numLayers; ++layer) {
    // Untouched memory costs nothing: the system gives pages when rows grow into them.
    slotKeys_.push_back(at::empty({shape.slots, kvHeads_, width_, slotCapacity_}, at::kFloat));
    slotValues_.push_back(at::empty({shape.slots, kvHeads_, slotCapacity_, width_}, at::kFloat));
  }
}

void CpuCache::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  const int64_t length = k_PKE.size(0);
  Block& block = prompts_[group][layer];
  block.length = length;
  block.keys_KES = at::zeros({kvHeads_, width_, roundUp(length, kernels::kKeyBlock)}, at::kFloat);
  block.keys_KES.narrow(2, 0, length).copy_(k_PKE.permute({1, 2, 0}));
  block.values_KSE = v_PKE.transpose(0, 1).contiguous();
}

void CpuCache::dropPrompt(int64_t group) {
  for (Block& block : prompts_[group]) block = Block();
}

const float* CpuCache::slotKeys(int64_t layer, int64_t slot, int64_t kvHead) const {
  return slotKeys_[layer].const_data_ptr<float>() + (slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
}

const float* CpuCache::slotValues(int64_t layer, int64_t slot, int64_t kvHead) const {
  return slotValues_[layer].const_data_ptr<float>() + (slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
}

std::vector<CpuCache::Task> CpuCache::makeTasks(const std::vector<CacheRow>& rows) const {
  std::vector<Task> tasks;
  const int64_t count = static_cast<int64_t>(rows.size());
  for (int64_t begin = 0; begin < count;) {
    int64_t end = begin;
    while (end < count && end - begin < kRowsPerTask && rows[end].group == rows[begin].group) ++end;
    for (int64_t kvHead = 0; kvHead < kvHeads_; ++kvHead) tasks.push_back({begin, end, kvHead});
    begin = end;
  }
  return tasks;
}

void CpuCache::append(int64_t layer, const CacheRow& row, int64_t kvHead, const float* key, const float* value) {
  float* keys = slotKeys_[layer].mutable_data_ptr<float>() + (row.slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
  float* values =
      slotValues_[layer].mutable_data_ptr<float>() + (row.slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
  for (int64_t e = 0; e < width_; ++e) keys[e * slotCapacity_ + row.length] = key[e];
  std::copy_n(value, width_, values + row.length * width_);
}

/// Scores of all the task's queries over the prompt, each row's over its own tokens behind them, one softmax over
/// both, then the values of both. Queries are padded to whole tiles.
void CpuCache::attendTask(int64_t layer, const std::vector<CacheRow>& rows, const Task& task, const float* q,
                          float* out) {
  const Block& prompt = prompts_[rows[task.begin].group][layer];
  const int64_t repeats = heads_ / kvHeads_, tileQueries = roundUp(repeats, kernels::kQueryTile);
  const int64_t promptStride = roundUp(prompt.length, kernels::kKeyBlock), stride = promptStride + slotCapacity_;
  const int64_t count = task.end - task.begin, queries = count * tileQueries;
  thread_local std::vector<float> queryBuffer, scores, sums;
  queryBuffer.assign(queries * width_, 0.0f);
  scores.resize(queries * stride);
  sums.assign(queries * width_, 0.0f);
  const float scale = 1.0f / std::sqrt(static_cast<float>(width_));
  for (int64_t b = 0; b < count; ++b) {
    const float* from = q + ((task.begin + b) * heads_ + task.kvHead * repeats) * width_;
    float* to = queryBuffer.data() + b * tileQueries * width_;
    for (int64_t i = 0; i < repeats * width_; ++i) to[i] = from[i] * scale;
  }
  const float* promptKeys = prompt.keys_KES.const_data_ptr<float>() + task.kvHead * width_ * promptStride;
  const float* promptValues = prompt.values_KSE.const_data_ptr<float>() + task.kvHead * prompt.length * width_;
  for (int64_t i = 0; i < queries; i += kernels::kQueryTile) {
    const CacheRow& row = rows[task.begin + i / tileQueries];
    const int64_t own = row.length + 1;
    float *tileScores = scores.data() + i * stride, *tileSums = sums.data() + i * width_;
    const float* tileQuery = queryBuffer.data() + i * width_;
    kernels::scoreTile(tileQuery, promptKeys, promptStride, width_, prompt.length, tileScores, stride);
    kernels::scoreTile(tileQuery, slotKeys(layer, row.slot, task.kvHead), slotCapacity_, width_, own,
                       tileScores + promptStride, stride);
    float inverse[kernels::kQueryTile];
    for (int64_t j = 0; j < kernels::kQueryTile; ++j) {
      float *first = tileScores + j * stride, *second = first + promptStride;
      const float largest = std::max(kernels::largestOf(first, prompt.length), kernels::largestOf(second, own));
      inverse[j] =
          1.0f / (kernels::exponentiate(first, prompt.length, largest) + kernels::exponentiate(second, own, largest));
    }
    kernels::valueTile(tileScores, stride, promptValues, width_, prompt.length, tileSums);
    kernels::valueTile(tileScores + promptStride, stride, slotValues(layer, row.slot, task.kvHead), width_, own,
                       tileSums);
    const int64_t firstHead = i % tileQueries, here = std::min(kernels::kQueryTile, repeats - firstHead);
    float* to = out + ((task.begin + i / tileQueries) * heads_ + task.kvHead * repeats + firstHead) * width_;
    for (int64_t j = 0; j < here; ++j) {
      for (int64_t e = 0; e < width_; ++e) to[j * width_ + e] = tileSums[j * width_ + e] * inverse[j];
    }
  }
}

at::Tensor CpuCache::attend(int64_t layer, const std::vector<CacheRow>& rows, const at::Tensor& q_BHE,
                            const at::Tensor& k_BKE, const at::Tensor& v_BKE) {
  const at::Tensor q = q_BHE.contiguous(), k = k_BKE.contiguous(), v = v_BKE.contiguous();
  at::Tensor out_BHE = at::empty(q.sizes(), q.options());
  const float *queries = q.const_data_ptr<float>(), *keys = k.const_data_ptr<float>(),
              *values = v.const_data_ptr<float>();
  float* out = out_BHE.mutable_data_ptr<float>();
  const std::vector<Task> tasks = makeTasks(rows);
  at::parallel_for(0, static_cast<int64_t>(tasks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const Task& task = tasks[t];
      for (int64_t b = task.begin; b < task.end; ++b) {
        const int64_t offset = (b * kvHeads_ + task.kvHead) * width_;
        append(layer, rows[b], task.kvHead, keys + offset, values + offset);
      }
      attendTask(layer, rows, task, queries, out);
    }
  });
  return out_BHE;
}

}  // namespace foothold::rollout
