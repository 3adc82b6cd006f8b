#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "native/model/transformer.h"
#include "native/rollout/cache.h"
#include "native/rollout/step_graphs.h"

namespace foothold::rollout {

/// A running completion with the token that it got last.
struct DecodeRow {
  CacheRow cache;
  int64_t token = 0;
  int64_t position = 0;
};

/// Holds the keys and values of prompts and completions, and computes what comes after the latest tokens.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// How many prompts it holds at once.
  virtual int64_t promptCapacity() const = 0;
  /// Keep the keys and values [P, K, E] of a group's prompt for a layer; layer 0 comes first.
  virtual void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) = 0;
  virtual void dropPrompt(int64_t group) = 0;

  /// Logits [B, V], on the model's device and in its type, after the latest tokens of B rows ordered by group: all that
  /// run.
  virtual at::Tensor step(const std::vector<DecodeRow>& rows) = 0;
};

/// What a decoder must have room for.
struct DecoderShape {
  int64_t groups = 0;
  int64_t groupSize = 0;     // completions of a group
  int64_t slots = 0;         // completions at once
  int64_t slotLength = 0;    // most tokens of a completion that must be held
  int64_t prompts = 0;       // prompts at once, where room for each is set aside
  int64_t promptLength = 0;  // tokens of the longest
};

/// The shape that takes no more than `maxTokens` as far as possible, prompts and completions together.
DecoderShape fitDecoder(const model::Model& model, const DecoderShape& wanted, int64_t maxTokens);

/// Hand-written kernels for float32 on the CPU, static pools elsewhere.
std::unique_ptr<Decoder> makeDecoder(const model::Model& model, const DecoderShape& shape, GraphMemory& memory);

}  // namespace foothold::rollout
