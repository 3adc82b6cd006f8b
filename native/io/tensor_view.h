#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "native/io/dtype.h"

namespace foothold::io {

/// A dense row-major tensor in memory, to be written to a file.
struct TensorView {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  const void* data;
  size_t numBytes;
};

/// @throws std::invalid_argument if a name is repeated or not UTF-8, or a size does not match dtype and shape.
void checkTensorViews(const std::vector<TensorView>& tensors);

}  // namespace foothold::io
