#pragma once

#include <vector>

#include "native/rollout/decoder.h"
#include "native/rollout/places.h"
#include "native/rollout/pool_attention.h"
#include "native/rollout/step_graphs.h"

namespace foothold::rollout {

/// The decoder in terms of tensors, for any device and type. Rows and prompts have places in pools, and a step computes
/// the first places of both, whatever they hold: its launches depend on few numbers, so that a GPU can record them.
/// What changes from step to step goes to the device in one tensor.
class PoolDecoder : public Decoder {
 public:
  PoolDecoder(const model::Model& model, const CacheShape& shape, GraphMemory& memory);

  int64_t promptCapacity() const override { return prompts_.capacity(); }
  void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) override;
  void dropPrompt(int64_t group) override { prompts_.free(group); }
  at::Tensor logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                    const std::vector<int64_t>& positions) override;

 private:
  /// Keys and values of a layer, [places, K, tokens, E].
  struct Pool {
    at::Tensor keys, values;
    void move(int64_t from, int64_t to);
  };
  class StepAttention;

  std::vector<Pool> makePools(int64_t places, int64_t tokens) const;
  void arrange(const std::vector<CacheRow>& rows);
  StepShape shapeOf(const std::vector<CacheRow>& rows) const;
  void upload(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
              const std::vector<int64_t>& positions, const StepShape& shape);
  at::Tensor step(const StepShape& shape);

  const model::Model& model_;
  int64_t groupSize_;
  std::vector<Pool> rowPools_, promptPools_;  // [layer]
  Places rows_, prompts_;                     // of slots, of groups
  std::vector<int64_t> promptLengths_;        // by place
  const PoolAttention& attention_;
  at::Tensor inputs_;  // int64, what `upload` writes
  StepGraphs graphs_;  // last: its recordings use the tensors above
};

}  // namespace foothold::rollout
