#pragma once

#include <ATen/ATen.h>

#include <limits>
#include <memory>
#include <vector>

#include "native/model/transformer.h"
#include "native/rollout/step_graphs.h"

namespace foothold::rollout {

/// A running completion, as the decoder sees it.
struct CacheRow {
  int64_t group = 0;
  int64_t slot = 0;    // where its own keys and values lie
  int64_t length = 0;  // its own tokens already in the cache
};

struct CacheShape {
  int64_t groups = 0;
  int64_t slots = 0;
  int64_t slotLength = 0;  // most tokens of a completion that the cache must hold
  // Of decoders that set aside room for prompts:
  int64_t groupSize = 0;     // completions of a group
  int64_t prompts = 0;       // prompts at once
  int64_t promptLength = 0;  // tokens of the longest
};

/// Computes what follows running completions, and keeps the keys and values that it takes: a prompt's once for its
/// whole group, a completion's in a slot of its own.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// How many prompts it holds at once.
  virtual int64_t promptCapacity() const { return std::numeric_limits<int64_t>::max(); }

  /// Keep the keys and values [P, K, E] of a group's prompt for a layer; layer 0 comes first.
  virtual void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) = 0;
  virtual void dropPrompt(int64_t group) = 0;

  /// One decoding step for B running rows ordered by group: appends to each a token at a position (of prompt and
  /// completion together) and returns the logits [B, V] of the next, on the model's device and in its type. They are
  /// valid until the next step. The rows are all that run.
  virtual at::Tensor logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                            const std::vector<int64_t>& positions) = 0;
};

/// The shape that takes no more than `maxTokens` as far as possible, prompts and completions together; `wanted` is as
/// much as there is.
CacheShape fitShape(const model::Model& model, const CacheShape& wanted, int64_t maxTokens);

/// Hand-written kernels for float32 on the CPU, static pools elsewhere. The model and the memory must outlive it.
std::unique_ptr<Decoder> makeDecoder(const model::Model& model, const CacheShape& shape, GraphMemory& memory);

}  // namespace foothold::rollout
