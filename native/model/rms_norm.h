#pragma once

#include <ATen/ATen.h>

namespace foothold::model {

/// y = weight · x / sqrt(mean(x²) + eps) over the last dimension (Zhang & Sennrich, arXiv 1910.07467), computed in
/// float32 whatever the type of x; differentiable in x and weight.
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps);

}  // namespace foothold::model
