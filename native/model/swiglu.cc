#include "native/model/swiglu.h"

#include <torch/csrc/autograd/custom_function.h>

#include "native/model/kernels.h"

namespace foothold::model {
namespace {

struct SwiGluFunction : torch::autograd::Function<SwiGluFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& gateUp_TF) {
    context->save_for_backward({gateUp_TF});
    if (kernels::canUse(gateUp_TF)) return kernels::swiGlu(gateUp_TF);
    const auto halves = gateUp_TF.chunk(2, -1);
    return at::silu(halves[0]) * halves[1];
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor gateUp_TF = context->get_saved_variables()[0], dy_TF = gradients[0].contiguous();
    if (kernels::canUse(gateUp_TF)) return {kernels::swiGluBackward(dy_TF, gateUp_TF)};
    const auto halves = gateUp_TF.chunk(2, -1);
    const at::Tensor dgate_TF = at::silu_backward(dy_TF * halves[1], halves[0]), dup_TF = dy_TF * at::silu(halves[0]);
    return {at::cat({dgate_TF, dup_TF}, -1)};
  }
};

}  // namespace

at::Tensor swiGlu(const at::Tensor& gateUp_TF) { return SwiGluFunction::apply(gateUp_TF); }

}  // namespace foothold::model
