#pragma once

#include <ATen/ATen.h>

namespace foothold::model {

/// y = x Wᵀ + b, weight [out, in], bias [out] or undefined; differentiable in x, W and b.
struct Linear {
  at::Tensor weight;
  at::Tensor bias;
  /// The weight in oneDNN's own layout, or undefined. Products with it are up to four times as fast for the few rows of
  /// a decoding step, and somewhat faster for many. Must be made anew whenever the weight changes.
  at::Tensor packed;

  at::Tensor operator()(const at::Tensor& x) const;
  /// Fill `packed`; does nothing where oneDNN has no such layout (other types and devices).
  void pack();
};

}  // namespace foothold::model
