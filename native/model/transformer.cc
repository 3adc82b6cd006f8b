#include "native/model/transformer.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <functional>

#include "native/model/rms_norm.h"
#include "native/model/swiglu.h"

namespace foothold::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Attention of a layer before its output projection, [N, H·E].
at::Tensor attentionHeads(const Model& model, const LayerWeights& layer, int64_t index, const at::Tensor& x_ND,
                          const Rope::Angles& angles, Attention& attention) {
  const ModelConfig& config = model.config;
  const int64_t tokens = x_ND.size(0), queries = config.querySize(), keys = config.kvSize();
  // Split as a whole: the backward pass then joins the three gradients in one go.
  const auto parts = layer.qkv(x_ND).split_with_sizes({queries, keys, keys}, /*dim=*/1);
  at::Tensor q_NHE = parts[0].view({tokens, config.numHeads, config.headDim});
  at::Tensor k_NKE = parts[1].view({tokens, config.numKvHeads, config.headDim});
  const at::Tensor v_NKE = parts[2].view({tokens, config.numKvHeads, config.headDim});
  if (config.normalisesHeads()) {
    q_NHE = rmsNorm(q_NHE.contiguous(), layer.qNorm, config.rmsNormEps);
    k_NKE = rmsNorm(k_NKE.contiguous(), layer.kNorm, config.rmsNormEps);
  }
  const at::Tensor out_NHE = attention.attend(index, rotate(q_NHE, angles), rotate(k_NKE, angles), v_NKE);
  return out_NHE.reshape({tokens, queries});
}

/// `wanted_C`: see hiddenStates; undefined in all layers but the last.
at::Tensor runLayer(const Model& model, int64_t index, const at::Tensor& x_ND, const Rope::Angles& angles,
                    Attention& attention, const at::Tensor& wanted_C) {
  const LayerWeights& layer = model.weights.layers[index];
  const double eps = model.config.rmsNormEps;
  const auto wanted = [&](const at::Tensor& x) { return wanted_C.defined() ? x.index_select(0, wanted_C) : x; };
  const at::Tensor heads = attentionHeads(model, layer, index, rmsNorm(x_ND, layer.inputNorm, eps), angles, attention);
  const at::Tensor attended = wanted(x_ND) + layer.output(wanted(heads));
  const at::Tensor gateUp = layer.gateUp(rmsNorm(attended, layer.postAttentionNorm, eps));
  return attended + layer.down(swiGlu(gateUp));
}

struct Recomputation : torch::CustomClassHolder {
  std::function<at::Tensor(const at::Tensor&)> layer;
};

/// A layer that keeps only its input. The backward pass runs the layer again and differentiates that; gradients of
/// the weights are accumulated by the inner pass itself.
struct CheckpointFunction : torch::autograd::Function<CheckpointFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_ND,
                            const c10::intrusive_ptr<Recomputation>& recomputation) {
    context->save_for_backward({x_ND});
    context->saved_data["layer"] = c10::IValue::make_capsule(recomputation);
    return recomputation->layer(x_ND);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto recomputation =
        c10::static_intrusive_pointer_cast<Recomputation>(context->saved_data["layer"].toCapsule());
    const at::Tensor x_ND = context->get_saved_variables()[0].detach().requires_grad_();
    at::AutoGradMode enable(true);
    torch::autograd::backward({recomputation->layer(x_ND)}, {gradients[0]});
    return {x_ND.grad(), at::Tensor()};
  }
};

}  // namespace

at::Tensor hiddenStates(const Model& model, const at::Tensor& tokens_N, const at::Tensor& positions_N,
                        Attention& attention, const at::Tensor& wanted_C, bool checkpoint) {
  const Rope::Angles angles = model.rope.at(positions_N);
  at::Tensor x_ND = at::embedding(model.weights.embedding, tokens_N);
  for (int64_t i = 0; i < model.config.numLayers; ++i) {
    const auto layer = [&model, &attention, angles, i,
                        wanted = i + 1 == model.config.numLayers ? wanted_C : at::Tensor()](const at::Tensor& x) {
      return runLayer(model, i, x, angles, attention, wanted);
    };
    if (!checkpoint) {
      x_ND = layer(x_ND);
      continue;
    }
    auto recomputation = c10::make_intrusive<Recomputation>();
    recomputation->layer = layer;
    x_ND = CheckpointFunction::apply(x_ND, recomputation);
  }
  return rmsNorm(x_ND, model.weights.finalNorm, model.config.rmsNormEps);
}

}  // namespace foothold::model
