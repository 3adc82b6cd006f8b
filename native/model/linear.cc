#include "native/model/linear.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <string_view>

#include "native/model/kernels.h"

namespace foothold::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// PyTorch has these two operators for its compiler only, so they are called by name.
at::Tensor reorder(const at::Tensor& weight) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
                             .typed<at::Tensor(const at::Tensor&, std::optional<int64_t>)>();
  return op.call(weight, std::nullopt);
}

at::Tensor multiplyPacked(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias) {
  using Scalars = c10::List<std::optional<at::Scalar>>;
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                             .typed<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                               std::string_view, Scalars, std::optional<std::string_view>)>();
  const std::optional<at::Tensor> optionalBias = bias.defined() ? std::make_optional(bias) : std::nullopt;
  return op.call(x, packed, optionalBias, "none", Scalars(), "");
}

/// The forward pass goes by the packed weight, the backward pass by the plain one.
struct PackedLinearFunction : torch::autograd::Function<PackedLinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_ND, const at::Tensor& weight,
                            const at::Tensor& biasOrEmpty, const at::Tensor& packed) {
    const bool hasBias = biasOrEmpty.numel() > 0;
    context->save_for_backward({x_ND, weight});
    context->saved_data["bias"] = hasBias;
    return multiplyPacked(x_ND, packed, hasBias ? biasOrEmpty : at::Tensor());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor dy = gradients[0];
    return {at::mm(dy, saved[1]), at::mm(dy.t(), saved[0]),
            context->saved_data["bias"].toBool() ? dy.sum(0) : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor Linear::operator()(const at::Tensor& x) const {
  if (!packed.defined()) return at::linear(x, weight, bias);
  if (!at::GradMode::is_enabled()) return multiplyPacked(x, packed, bias);
  // Autograd functions take no undefined tensors.
  return PackedLinearFunction::apply(x, weight, bias.defined() ? bias : at::empty({0}, x.options()), packed);
}

void Linear::pack() {
  packed.reset();
  if (!kernels::canUse(weight) || !at::globalContext().hasMKLDNN()) return;
  at::NoGradGuard noGrad;
  packed = reorder(weight.detach());
}

}  // namespace foothold::model
