#pragma once

#include <cstddef>

#include "native/io/dtype.h"

namespace foothold::io {

/// Decode `blocks` blocks of a quantised type, unaligned, to `blocks * blockLayout(dtype).elements` floats.
void dequantize(DType dtype, const std::byte* data, size_t blocks, float* out);

// One decoder a type; layouts are described beside each.
void dequantizeQ4_0(const std::byte* data, size_t blocks, float* out);
void dequantizeQ4_1(const std::byte* data, size_t blocks, float* out);
void dequantizeQ5_0(const std::byte* data, size_t blocks, float* out);
void dequantizeQ5_1(const std::byte* data, size_t blocks, float* out);
void dequantizeQ8_0(const std::byte* data, size_t blocks, float* out);
void dequantizeQ4_K(const std::byte* data, size_t blocks, float* out);
void dequantizeQ5_K(const std::byte* data, size_t blocks, float* out);
void dequantizeQ6_K(const std::byte* data, size_t blocks, float* out);

}  // namespace foothold::io
