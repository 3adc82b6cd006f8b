#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "native/model/config.h"
#include "native/model/linear.h"

namespace foothold::model {

/// Query, key and value share one matrix, gate and up another: fewer, larger matrix products.
struct LayerWeights {
  at::Tensor inputNorm;
  Linear qkv;        // rows: queries (H·E), keys (K·E), values (K·E)
  at::Tensor qNorm;  // [E], Qwen3 only
  at::Tensor kNorm;
  Linear output;
  at::Tensor postAttentionNorm;
  Linear gateUp;  // rows: gate (F), up (F)
  Linear down;
};

struct Weights {
  at::Tensor embedding;  // [V, D]
  std::vector<LayerWeights> layers;
  at::Tensor finalNorm;
  Linear head;             // [V, D]; the embedding itself when tied
  at::Tensor ropeFactors;  // [E/2] divisors of the rotary frequencies that a GGUF file may bring, or undefined
};

/// A weight under its published names, as a view into the fused matrix that holds it.
struct NamedView {
  std::string huggingFace;
  std::string gguf;
  at::Tensor view;
  int64_t rotaryHeads = 0;  // heads whose rows llama.cpp stores interleaved (Q and K of Llama), else 0
};

/// One trainable tensor, fused where fused, under the first of its published names.
struct NamedParameter {
  std::string name;
  at::Tensor value;
};

/// Unset weights of the right shapes.
Weights allocateWeights(const ModelConfig& config, const at::TensorOptions& options);

/// Every published weight of the model, each once. The views alias `weights`.
std::vector<NamedView> namedViews(const ModelConfig& config, const Weights& weights);

/// Every tensor the optimizer sees, each once, in a fixed order.
std::vector<NamedParameter> namedParameters(const Weights& weights);

/// The same weights converted to another type or device (tied tensors stay tied).
Weights convertWeights(const Weights& weights, const at::TensorOptions& options);

/// Normal(0, 0.02) matrices, zero biases, unit norms: the initialisation of the Hugging Face models.
void initialiseWeights(Weights& weights, uint64_t seed);

}  // namespace foothold::model
