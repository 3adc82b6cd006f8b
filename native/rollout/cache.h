#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "native/model/config.h"

namespace foothold::rollout {

/// A running completion, as the cache sees it.
struct CacheRow {
  int64_t group = 0;
  int64_t slot = 0;    // where its own keys and values lie
  int64_t length = 0;  // its own tokens already in the cache
};

/// Keys and values of the tokens seen so far: a prompt's once for its whole group, a completion's in a slot of its own.
class Cache {
 public:
  virtual ~Cache() = default;

  /// Keep the keys and values [P, K, E] of a group's prompt for a layer.
  virtual void addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) = 0;
  virtual void dropPrompt(int64_t group) = 0;

  /// One decoding step of one layer for B running rows ordered by group: append the keys and values [B, K, E] at each
  /// row's length, then attend with q [B, H, E] over the row's prompt and its own tokens. Returns [B, H, E].
  virtual at::Tensor attend(int64_t layer, const std::vector<CacheRow>& rows, const at::Tensor& q_BHE,
                            const at::Tensor& k_BKE, const at::Tensor& v_BKE) = 0;
};

struct CacheShape {
  int64_t groups = 0;
  int64_t slots = 0;
  int64_t slotLength = 0;  // most tokens of a completion that the cache must hold
};

}  // namespace foothold::rollout
