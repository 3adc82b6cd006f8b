#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "native/model/config.h"
#include "native/model/rope.h"
#include "native/model/weights.h"

namespace foothold::model {

/// Legend of the shape suffixes in the tensor code: N packed tokens, B batch, T and S tokens, D hidden width,
/// H query heads, K key/value heads, R = H/K query heads to a key head, E head width, F feed-forward width,
/// V vocabulary.
struct Model {
  ModelConfig config;
  Weights weights;
  Rope rope;
};

/// How the tokens of a pass see one another; the only part of a layer in which training, prefill and decoding differ.
class Attention {
 public:
  virtual ~Attention() = default;
  /// q [N, H, E], k and v [N, K, E], already rotated; returns [N, H, E].
  virtual at::Tensor attend(int64_t layer, const at::Tensor& q_NHE, const at::Tensor& k_NKE,
                            const at::Tensor& v_NKE) = 0;
};

/// Final hidden states (after the last norm) of packed tokens_N at positions_N (int64, on the model's device): [C, D]
/// of the tokens whose indices are in `wanted_C` (int64, may repeat), [N, D] of all when it is undefined. The last
/// layer is computed for the wanted ones only, as far as the others do not see it. With `checkpoint`, only each layer's
/// input is kept for the backward pass and the rest computed again.
at::Tensor hiddenStates(const Model& model, const at::Tensor& tokens_N, const at::Tensor& positions_N,
                        Attention& attention, const at::Tensor& wanted_C = {}, bool checkpoint = false);

}  // namespace foothold::model
