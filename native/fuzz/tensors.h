// What holds for every tensor that a reader accepts.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "native/io/convert.h"
#include "native/io/tensor_file.h"

namespace foothold::fuzz {

/// Convert every tensor: its data must lie in the input, its size must follow from its shape, and conversion to
/// bfloat16 must agree with conversion to float32 and rounding.
inline void convertAll(const std::vector<io::TensorInfo>& tensors, std::span<const uint8_t> input) {
  const auto* const begin = reinterpret_cast<const std::byte*>(input.data());
  for (const io::TensorInfo& tensor : tensors) {
    if (tensor.data < begin || tensor.data + tensor.numBytes > begin + input.size()) std::abort();
    if (io::countBytes(tensor.dtype, tensor.shape) != tensor.numBytes) std::abort();
    if (!io::isFloat(tensor.dtype)) continue;
    const auto count = static_cast<size_t>(tensor.numElements());
    std::vector<float> floats(count);
    std::vector<uint16_t> bfloats(count);
    io::toFloat32(tensor, floats.data());
    io::toBFloat16(tensor, bfloats.data());
    for (size_t i = 0; i < count; ++i) {
      // A bfloat16 tensor is copied as it is, which keeps NaNs that rounding would make quiet.
      const bool isNan = floats[i] != floats[i];
      if (!isNan && io::floatToBfloat16(floats[i]) != bfloats[i]) std::abort();
    }
  }
}

}  // namespace foothold::fuzz
