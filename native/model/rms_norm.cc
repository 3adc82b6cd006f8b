#include "native/model/rms_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include "native/model/kernels.h"

namespace foothold::model {
namespace {

/// With r = 1/sqrt(mean(x²) + eps) and g = dy · weight:
///   dx = r g − x r³ mean(g x),   dweight = Σ_rows dy x r.
/// r is kept from the forward pass, one number a row.
struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            double eps) {
    at::Tensor y, scale;
    if (kernels::canUse(x)) {
      std::tie(y, scale) = kernels::rmsNorm(x.contiguous(), weight, eps);
    } else {
      const at::Tensor wide = x.to(at::kFloat);
      scale = at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps);
      y = (wide * scale).to(x.scalar_type()) * weight;
    }
    context->save_for_backward({x, weight, scale});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &scale = saved[2];
    if (kernels::canUse(x)) {
      auto [dx, dweight] = kernels::rmsNormBackward(gradients[0].contiguous(), x.contiguous(), weight, scale);
      return {dx, dweight, at::Tensor()};
    }
    const at::Tensor dy = gradients[0].to(at::kFloat), wide = x.to(at::kFloat);
    const at::Tensor normalised = wide * scale, weighted = dy * weight.to(at::kFloat);
    const at::Tensor dx = scale * (weighted - normalised * (weighted * normalised).mean(-1, true));
    const at::Tensor dweight = (dy * normalised).reshape({-1, x.size(-1)}).sum(0);
    return {dx.to(x.scalar_type()), dweight.to(weight.scalar_type()), at::Tensor()};
  }
};

}  // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  return RmsNormFunction::apply(x, weight, eps);
}

}  // namespace foothold::model
