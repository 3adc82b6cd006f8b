#pragma once

#include <ATen/ATen.h>

namespace foothold::model {

/// silu(gate) · up (Shazeer, arXiv 2002.05202) for gateUp [T, 2F] = (gate, up); result [T, F]; differentiable.
at::Tensor swiGlu(const at::Tensor& gateUp_TF);

}  // namespace foothold::model
