#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace foothold::model {

/// Tokens, positions or places as an int64 tensor [N] on a device.
inline at::Tensor indexTensor(const std::vector<int64_t>& values, const at::Device& device) {
  return at::tensor(values, at::TensorOptions(at::kLong)).to(device);
}

}  // namespace foothold::model
