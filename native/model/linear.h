#pragma once

#include <ATen/ATen.h>

namespace foothold::model {

/// y = x Wᵀ + b, weight [out, in], bias [out] or undefined; differentiable in x, W and b.
struct Linear {
  at::Tensor weight;
  at::Tensor bias;

  at::Tensor operator()(const at::Tensor& x) const;
};

/// The same by the kernels that a decoding step consists of, for timing them; not differentiable.
at::Tensor multiplyFewRows(const Linear& linear, const at::Tensor& x_ND);

/// dx = dy W, the gradient of y = x Wᵀ + b by x.
at::Tensor inputGradient(const at::Tensor& dy, const at::Tensor& weight);

}  // namespace foothold::model
