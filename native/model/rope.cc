#include "native/model/rope.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "native/model/kernels.h"

namespace foothold::model {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// Llama 3.1's scaling: long wavelengths are stretched by `factor`, short ones kept, those between interpolated.
double scaleFrequency(double frequency, const RopeScaling& scaling) {
  if (scaling.type == RopeScaling::Type::Linear) return frequency / scaling.factor;
  const double wavelength = 2 * kPi / frequency;
  if (wavelength < scaling.originalMaxPositions / scaling.highFreqFactor) return frequency;
  if (wavelength > scaling.originalMaxPositions / scaling.lowFreqFactor) return frequency / scaling.factor;
  const double smooth = (scaling.originalMaxPositions / wavelength - scaling.lowFreqFactor) /
                        (scaling.highFreqFactor - scaling.lowFreqFactor);
  return (1 - smooth) * frequency / scaling.factor + smooth * frequency;
}

/// x' = (x₁ cos − x₂ sin, x₂ cos + x₁ sin) for the halves x₁, x₂ of each head.
at::Tensor rotateBy(const at::Tensor& x_THE, const at::Tensor& cos_TE, const at::Tensor& sin_TE) {
  if (kernels::canUse(x_THE)) return kernels::rotate(x_THE, cos_TE, sin_TE);
  const int64_t half = x_THE.size(-1) / 2;
  const at::Tensor cos = cos_TE.unsqueeze(1).to(x_THE.scalar_type()), sin = sin_TE.unsqueeze(1).to(x_THE.scalar_type());
  const at::Tensor first = x_THE.narrow(-1, 0, half), second = x_THE.narrow(-1, half, half);
  return at::cat({first * cos - second * sin, second * cos + first * sin}, -1);
}

/// The derivative of a rotation is the opposite rotation.
struct RotateFunction : torch::autograd::Function<RotateFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_THE,
                            const at::Tensor& cos_TE, const at::Tensor& sin_TE) {
    context->save_for_backward({cos_TE, sin_TE});
    return rotateBy(x_THE, cos_TE, sin_TE);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {rotateBy(gradients[0].contiguous(), saved[0], -saved[1]), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

Rope::Rope(const ModelConfig& config, const at::Tensor& factors, const at::Device& device) {
  const int64_t half = config.headDim / 2;
  at::Tensor frequencies = at::empty({half}, at::kFloat);
  auto values = frequencies.accessor<float, 1>();
  for (int64_t i = 0; i < half; ++i) {
    double frequency = std::pow(config.ropeTheta, -2.0 * static_cast<double>(i) / static_cast<double>(config.headDim));
    if (config.ropeScaling) frequency = scaleFrequency(frequency, *config.ropeScaling);
    values[i] = static_cast<float>(frequency);
  }
  if (factors.defined()) frequencies = frequencies / factors.to(at::kCPU, at::kFloat);
  inverseFrequencies_E = frequencies.to(device);
}

Rope::Angles Rope::at(const at::Tensor& positions_T) const {
  const at::Tensor angles_TE = positions_T.to(at::kFloat).unsqueeze(1) * inverseFrequencies_E.unsqueeze(0);
  return {angles_TE.cos(), angles_TE.sin()};
}

at::Tensor rotate(const at::Tensor& x_THE, const Rope::Angles& angles) {
  return RotateFunction::apply(x_THE, angles.cos_TE, angles.sin_TE);
}

}  // namespace foothold::model
