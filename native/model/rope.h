#pragma once

#include <ATen/ATen.h>

#include "native/model/config.h"

namespace foothold::model {

/// Rotary position embedding (Su et al., arXiv 2104.09864) in the "rotate half" layout of the Hugging Face models:
/// element e of a head turns with element e + E/2.
class Rope {
 public:
  /// `factors`: [E/2] divisors of the frequencies, or undefined.
  Rope(const ModelConfig& config, const at::Tensor& factors, const at::Device& device);

  struct Angles {
    at::Tensor cos_TE;  // [T, E/2], float32
    at::Tensor sin_TE;
  };
  /// `positions_T`: int64 on the device.
  Angles at(const at::Tensor& positions_T) const;

 private:
  at::Tensor inverseFrequencies_E;  // [E/2]
};

/// Rotate the heads x_THE [T, H, E] (any strides, last one 1) by the angles of their tokens; differentiable.
at::Tensor rotate(const at::Tensor& x_THE, const Rope::Angles& angles);

}  // namespace foothold::model
