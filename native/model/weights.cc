#include "native/model/weights.h"

#include <ATen/CPUGeneratorImpl.h>

#include <functional>

namespace foothold::model {
namespace {

/// Calls `visit` on every tensor slot of the weights, tied ones once, undefined ones included.
void forEachSlot(Weights& weights, const std::function<void(at::Tensor&)>& visit) {
  const bool tied = weights.head.weight.defined() && weights.head.weight.is_same(weights.embedding);
  visit(weights.embedding);
  for (LayerWeights& layer : weights.layers) {
    visit(layer.inputNorm);
    for (Linear* linear : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
      visit(linear->weight);
      visit(linear->bias);
    }
    visit(layer.qNorm);
    visit(layer.kNorm);
    visit(layer.postAttentionNorm);
  }
  visit(weights.finalNorm);
  if (tied) {
    weights.head.weight = weights.embedding;
  } else {
    visit(weights.head.weight);
  }
}

Linear allocateLinear(int64_t out, int64_t in, bool bias, const at::TensorOptions& options) {
  return {at::empty({out, in}, options), bias ? at::empty({out}, options) : at::Tensor()};
}

/// Collects the views of one layer under its two prefixes.
class LayerNames {
 public:
  LayerNames(int64_t index, std::vector<NamedView>& views)
      : huggingFace_("model.layers." + std::to_string(index) + "."),
        gguf_("blk." + std::to_string(index) + "."),
        views_(views) {}

  void add(const std::string& huggingFace, const std::string& gguf, const at::Tensor& view, int64_t rotaryHeads = 0) {
    if (view.defined()) views_.push_back({huggingFace_ + huggingFace, gguf_ + gguf, view, rotaryHeads});
  }

  /// Rows [begin, begin + size) of a fused linear layer.
  void addRows(const std::string& huggingFace, const std::string& gguf, const Linear& linear, int64_t begin,
               int64_t size, int64_t rotaryHeads = 0) {
    add(huggingFace + ".weight", gguf + ".weight", linear.weight.narrow(0, begin, size), rotaryHeads);
    if (linear.bias.defined())
      add(huggingFace + ".bias", gguf + ".bias", linear.bias.narrow(0, begin, size), rotaryHeads);
  }

 private:
  std::string huggingFace_;
  std::string gguf_;
  std::vector<NamedView>& views_;
};

void addLayer(const ModelConfig& config, const LayerWeights& layer, int64_t index, std::vector<NamedView>& views) {
  const int64_t queries = config.querySize(), keys = config.kvSize(), ffn = config.intermediateSize;
  const bool interleaved = config.family == Family::Llama || config.family == Family::Mistral;
  LayerNames names(index, views);
  names.add("input_layernorm.weight", "attn_norm.weight", layer.inputNorm);
  names.addRows("self_attn.q_proj", "attn_q", layer.qkv, 0, queries, interleaved ? config.numHeads : 0);
  names.addRows("self_attn.k_proj", "attn_k", layer.qkv, queries, keys, interleaved ? config.numKvHeads : 0);
  names.addRows("self_attn.v_proj", "attn_v", layer.qkv, queries + keys, keys);
  names.add("self_attn.q_norm.weight", "attn_q_norm.weight", layer.qNorm);
  names.add("self_attn.k_norm.weight", "attn_k_norm.weight", layer.kNorm);
  names.addRows("self_attn.o_proj", "attn_output", layer.output, 0, config.hiddenSize);
  names.add("post_attention_layernorm.weight", "ffn_norm.weight", layer.postAttentionNorm);
  names.addRows("mlp.gate_proj", "ffn_gate", layer.gateUp, 0, ffn);
  names.addRows("mlp.up_proj", "ffn_up", layer.gateUp, ffn, ffn);
  names.addRows("mlp.down_proj", "ffn_down", layer.down, 0, config.hiddenSize);
}

}  // namespace

Weights allocateWeights(const ModelConfig& config, const at::TensorOptions& options) {
  const int64_t hidden = config.hiddenSize;
  const auto vector = [&](int64_t size) { return at::empty({size}, options); };
  Weights weights;
  weights.embedding = at::empty({config.vocabSize, hidden}, options);
  for (int64_t i = 0; i < config.numLayers; ++i) {
    LayerWeights layer;
    layer.inputNorm = vector(hidden);
    layer.qkv = allocateLinear(config.querySize() + 2 * config.kvSize(), hidden, config.qkvBias, options);
    if (config.normalisesHeads()) {
      layer.qNorm = vector(config.headDim);
      layer.kNorm = vector(config.headDim);
    }
    layer.output = allocateLinear(hidden, config.querySize(), config.outputBias, options);
    layer.postAttentionNorm = vector(hidden);
    layer.gateUp = allocateLinear(2 * config.intermediateSize, hidden, config.mlpBias, options);
    layer.down = allocateLinear(hidden, config.intermediateSize, config.mlpBias, options);
    weights.layers.push_back(std::move(layer));
  }
  weights.finalNorm = vector(hidden);
  weights.head.weight = config.tieWordEmbeddings ? weights.embedding : at::empty({config.vocabSize, hidden}, options);
  return weights;
}

std::vector<NamedView> namedViews(const ModelConfig& config, const Weights& weights) {
  std::vector<NamedView> views;
  views.push_back({"model.embed_tokens.weight", "token_embd.weight", weights.embedding});
  for (size_t i = 0; i < weights.layers.size(); ++i) {
    addLayer(config, weights.layers[i], static_cast<int64_t>(i), views);
  }
  views.push_back({"model.norm.weight", "output_norm.weight", weights.finalNorm});
  if (!config.tieWordEmbeddings) views.push_back({"lm_head.weight", "output.weight", weights.head.weight});
  return views;
}

std::vector<NamedParameter> namedParameters(const Weights& weights) {
  std::vector<NamedParameter> parameters;
  const auto add = [&](const std::string& name, const at::Tensor& value) {
    if (value.defined()) parameters.push_back({name, value});
  };
  add("model.embed_tokens.weight", weights.embedding);
  for (size_t i = 0; i < weights.layers.size(); ++i) {
    const LayerWeights& layer = weights.layers[i];
    const std::string prefix = "model.layers." + std::to_string(i) + ".";
    add(prefix + "input_layernorm.weight", layer.inputNorm);
    add(prefix + "self_attn.qkv_proj.weight", layer.qkv.weight);
    add(prefix + "self_attn.qkv_proj.bias", layer.qkv.bias);
    add(prefix + "self_attn.q_norm.weight", layer.qNorm);
    add(prefix + "self_attn.k_norm.weight", layer.kNorm);
    add(prefix + "self_attn.o_proj.weight", layer.output.weight);
    add(prefix + "self_attn.o_proj.bias", layer.output.bias);
    add(prefix + "post_attention_layernorm.weight", layer.postAttentionNorm);
    add(prefix + "mlp.gate_up_proj.weight", layer.gateUp.weight);
    add(prefix + "mlp.gate_up_proj.bias", layer.gateUp.bias);
    add(prefix + "mlp.down_proj.weight", layer.down.weight);
    add(prefix + "mlp.down_proj.bias", layer.down.bias);
  }
  add("model.norm.weight", weights.finalNorm);
  if (!weights.head.weight.is_same(weights.embedding)) add("lm_head.weight", weights.head.weight);
  return parameters;
}

Weights convertWeights(const Weights& weights, const at::TensorOptions& options) {
  Weights converted = weights;
  forEachSlot(converted, [&](at::Tensor& slot) {
    if (slot.defined()) slot = slot.detach().to(options, /*non_blocking=*/false, /*copy=*/true);
  });
  return converted;
}

void initialiseWeights(Weights& weights, uint64_t seed) {
  // Drawn on the CPU, so that a seed means the same weights on every device.
  at::Generator generator = at::detail::createCPUGenerator(seed);
  forEachSlot(weights, [&](at::Tensor& slot) {
    if (!slot.defined()) return;
    if (slot.dim() == 2) {
      slot.copy_(at::empty(slot.sizes(), at::kFloat).normal_(0, 0.02, generator));
    } else {
      slot.fill_(1);
    }
  });
  for (LayerWeights& layer : weights.layers) {
    for (Linear* linear : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
      if (linear->bias.defined()) linear->bias.zero_();
    }
  }
}

}  // namespace foothold::model
