#include "native/rollout/cpu_cache.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "native/rollout/decode_kernels.h"

namespace foothold::rollout {
namespace {

/// Rows of a group that one task takes: enough to reuse a key block, few enough to share the work out.
constexpr int64_t kRowsPerTask = 8;

/// Keys, or values, of a prompt that are worked on at once: 16 KiB at a head width of 64. A multiple of kKeyBlock.
constexpr int64_t kKeysAtOnce = 64;

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
    slotKeys_.push_back(
        at::empty({shape.slots, kvHeads_, slotCapacity_ / kernels::kKeyBlock, width_, kernels::kKeyBlock}, at::kFloat));
    slotValues_.push_back(at::empty({shape.slots, kvHeads_, slotCapacity_, width_}, at::kFloat));
  }
}

void CpuCache::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  const int64_t length = k_PKE.size(0);
  Block& block = prompts_[group][layer];
  block.length = length;
  const int64_t blocks = roundUp(length, kernels::kKeyBlock) / kernels::kKeyBlock;
  const at::Tensor padded_SKE = at::zeros({blocks * kernels::kKeyBlock, kvHeads_, width_}, at::kFloat);
  padded_SKE.narrow(0, 0, length).copy_(k_PKE);
  block.keys = padded_SKE.view({blocks, kernels::kKeyBlock, kvHeads_, width_}).permute({2, 0, 3, 1}).contiguous();
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
  const int64_t lane = row.length % kernels::kKeyBlock;
  keys += (row.length - lane) * width_ + lane;
  for (int64_t e = 0; e < width_; ++e) keys[e * kernels::kKeyBlock] = key[e];
  std::copy_n(value, width_, values + row.length * width_);
}

/// The task's queries, scaled, each row's padded with zeros to whole tiles.
void CpuCache::gatherQueries(const Task& task, const float* q, std::vector<float>& to) const {
  const int64_t repeats = heads_ / kvHeads_, padded = roundUp(repeats, kernels::kQueryTile);
  const float scale = 1.0f / std::sqrt(static_cast<float>(width_));
  to.assign((task.end - task.begin) * padded * width_, 0.0f);
  for (int64_t b = 0; b < task.end - task.begin; ++b) {
    const float* from = q + ((task.begin + b) * heads_ + task.kvHead * repeats) * width_;
    for (int64_t i = 0; i < repeats * width_; ++i) to[b * padded * width_ + i] = from[i] * scale;
  }
}

/// Scores of all the task's queries over the prompt, each row's over its own tokens behind them, one softmax over
/// both, then the values of both. The prompt is taken in pieces that stay in the first-level cache while every query
/// uses them.
void CpuCache::attendTask(int64_t layer, const std::vector<CacheRow>& rows, const Task& task, const float* q,
                          float* out) {
  constexpr int64_t tile = kernels::kQueryTile;
  const Block& prompt = prompts_[rows[task.begin].group][layer];
  const int64_t repeats = heads_ / kvHeads_, rowQueries = roundUp(repeats, tile);
  const int64_t promptStride = roundUp(prompt.length, kernels::kKeyBlock), stride = promptStride + slotCapacity_;
  const int64_t queries = (task.end - task.begin) * rowQueries;
  thread_local std::vector<float> queryBuffer, scores, sums;
  gatherQueries(task, q, queryBuffer);
  scores.resize(queries * stride);
  sums.assign(queries * width_, 0.0f);
  const float* promptKeys = prompt.keys.const_data_ptr<float>() + task.kvHead * width_ * promptStride;
  const float* promptValues = prompt.values_KSE.const_data_ptr<float>() + task.kvHead * prompt.length * width_;

  const auto overPrompt = [&](const auto& piece) {
    for (int64_t start = 0; start < prompt.length; start += kKeysAtOnce) {
      const int64_t count = std::min(kKeysAtOnce, prompt.length - start);
      for (int64_t i = 0; i < queries; i += tile) piece(i, start, count);
    }
  };
  overPrompt([&](int64_t i, int64_t start, int64_t count) {
    kernels::scoreTile(&queryBuffer[i * width_], promptKeys + start * width_, width_, count,
                       &scores[i * stride + start], stride);
  });
  for (int64_t i = 0; i < queries; i += tile) {
    const CacheRow& row = rows[task.begin + i / rowQueries];
    const int64_t own = row.length + 1;
    kernels::scoreTile(&queryBuffer[i * width_], slotKeys(layer, row.slot, task.kvHead), width_, own,
                       &scores[i * stride + promptStride], stride);
    for (int64_t j = i; j < i + tile; ++j) {
      kernels::softmax(&scores[j * stride], prompt.length, &scores[j * stride + promptStride], own);
    }
  }
  overPrompt([&](int64_t i, int64_t start, int64_t count) {
    kernels::valueTile(&scores[i * stride + start], stride, promptValues + start * width_, width_, count,
                       &sums[i * width_]);
  });
  for (int64_t i = 0; i < queries; i += tile) {
    const int64_t b = task.begin + i / rowQueries, firstHead = i % rowQueries;
    kernels::valueTile(&scores[i * stride + promptStride], stride, slotValues(layer, rows[b].slot, task.kvHead), width_,
                       rows[b].length + 1, &sums[i * width_]);
    std::copy_n(&sums[i * width_], std::min(tile, repeats - firstHead) * width_,
                out + (b * heads_ + task.kvHead * repeats + firstHead) * width_);
  }
}

at::Tensor CpuCache::attend(int64_t layer, const std::vector<CacheRow>& rows, const at::Tensor& q_BHE,
                            const at::Tensor& k_BKE, const at::Tensor& v_BKE) {
  TORCH_INTERNAL_ASSERT(q_BHE.is_contiguous() && k_BKE.stride(1) == width_ && v_BKE.stride(1) == width_);
  at::Tensor out_BHE = at::empty(q_BHE.sizes(), q_BHE.options());
  const float *queries = q_BHE.const_data_ptr<float>(), *keys = k_BKE.const_data_ptr<float>(),
              *values = v_BKE.const_data_ptr<float>();
  float* out = out_BHE.mutable_data_ptr<float>();
  const std::vector<Task> tasks = makeTasks(rows);
  at::parallel_for(0, static_cast<int64_t>(tasks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const Task& task = tasks[t];
      for (int64_t b = task.begin; b < task.end; ++b) {
        append(layer, rows[b], task.kvHead, keys + b * k_BKE.stride(0) + task.kvHead * width_,
               values + b * v_BKE.stride(0) + task.kvHead * width_);
      }
      attendTask(layer, rows, task, queries, out);
    }
  });
  return out_BHE;
}

}  // namespace foothold::rollout
