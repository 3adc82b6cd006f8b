#include "native/model/linear.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <string_view>

#include "native/model/kernels.h"
#include "native/model/row_products.h"

namespace foothold::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool hasOneDnn(const at::Tensor& x) { return kernels::canUse(x) && at::globalContext().hasMKLDNN(); }

/// oneDNN's product, about a tenth faster than that of the library which at::linear takes for float32. PyTorch has the
/// operator for its compiler only, so it is called by name.
at::Tensor multiply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  using Scalars = c10::List<std::optional<at::Scalar>>;
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                             .typed<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                               std::string_view, Scalars, std::optional<std::string_view>)>();
  const std::optional<at::Tensor> optionalBias = bias.defined() ? std::make_optional(bias) : std::nullopt;
  return op.call(x, weight, optionalBias, "none", Scalars(), "");
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_ND, const at::Tensor& weight,
                            const at::Tensor& biasOrEmpty) {
    const bool hasBias = biasOrEmpty.numel() > 0;
    context->save_for_backward({x_ND, weight});
    context->saved_data["bias"] = hasBias;
    return multiply(x_ND, weight, hasBias ? biasOrEmpty : at::Tensor());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor dy = gradients[0];
    return {inputGradient(dy, saved[1]), at::mm(dy.t(), saved[0]),
            context->saved_data["bias"].toBool() ? dy.sum(0) : at::Tensor()};
  }
};

}  // namespace

at::Tensor Linear::operator()(const at::Tensor& x) const {
  if (!hasOneDnn(x)) return at::linear(x, weight, bias);
  if (!at::GradMode::is_enabled()) return multiply(x, weight, bias);
  // Autograd functions take no undefined tensors.
  return LinearFunction::apply(x, weight, bias.defined() ? bias : at::empty({0}, x.options()));
}

at::Tensor inputGradient(const at::Tensor& dy, const at::Tensor& weight) {
  return hasOneDnn(dy) ? multiply(dy, weight.t(), /*bias=*/{}) : at::mm(dy, weight);
}

at::Tensor multiplyFewRows(const Linear& linear, const at::Tensor& x_ND) {
  if (!kernels::canUse(x_ND)) return linear(x_ND);
  const int64_t columns = linear.weight.size(0);
  const at::Tensor x = x_ND.contiguous();
  at::Tensor y = at::empty({x.size(0), columns}, x.options());
  const kernels::RowProduct product{x.const_data_ptr<float>(),
                                    x.size(0),
                                    x.size(1),
                                    linear.weight.const_data_ptr<float>(),
                                    linear.bias.defined() ? linear.bias.const_data_ptr<float>() : nullptr,
                                    y.mutable_data_ptr<float>(),
                                    columns};
  const int64_t tiles = (columns + kernels::kColumnTile - 1) / kernels::kColumnTile;
  at::parallel_for(0, tiles, 1, [&](int64_t begin, int64_t end) {
    kernels::multiplyRows(product, begin * kernels::kColumnTile, std::min(end * kernels::kColumnTile, columns));
  });
  return y;
}

}  // namespace foothold::model
