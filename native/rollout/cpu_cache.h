#pragma once

#include "native/rollout/decoder.h"

namespace foothold::rollout {

/// Keys and values for float32 on the CPU. Keys are stored in blocks, [K, blocks, E, kKeyBlock], values [K, capacity,
/// E].
class CpuCache {
 public:
  CpuCache(const model::ModelConfig& config, const CacheShape& shape);

  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE);
  void dropPrompt(int64_t group);

  /// Some rows of one group with one key head: the unit of parallel work.
  struct Task {
    int64_t begin, end, kvHead;
  };
  std::vector<Task> makeTasks(const std::vector<CacheRow>& rows) const;

  /// Rotated queries [B, H, E], rotated keys and values [B, K, E]: rows, `stride` values apart.
  struct Inputs {
    const float *q, *k, *v;
    int64_t stride;
  };
  /// Append the task's keys and values at each of its rows' lengths, then attend over the row's prompt and its own
  /// tokens. out: [B, H, E].
  void attend(int64_t layer, const std::vector<CacheRow>& rows, const Task& task, const Inputs& inputs, float* out);

 private:
  class Attending;

  /// Keys and values of one kind for one layer.
  struct Block {
    at::Tensor keys;  // [K, blocks, E, kKeyBlock]
    at::Tensor values_KSE;
    int64_t length = 0;
  };

  void append(int64_t layer, const CacheRow& row, int64_t kvHead, const float* key, const float* value);
  const float* slotKeys(int64_t layer, int64_t slot, int64_t kvHead) const;
  const float* slotValues(int64_t layer, int64_t slot, int64_t kvHead) const;

  int64_t heads_, kvHeads_, width_, slotCapacity_;
  std::vector<std::vector<Block>> prompts_;  // [group][layer]
  std::vector<at::Tensor> slotKeys_;         // [layer] of [slots, K, blocks, E, kKeyBlock]
  std::vector<at::Tensor> slotValues_;       // [layer] of [slots, K, capacity, E]
};

}  // namespace foothold::rollout
