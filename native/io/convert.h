// Conversions between element types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "native/io/tensor_file.h"

namespace foothold::io {

/// Write all elements as float32 to `out`, which has room for `tensor.numElements()`. Exact for F32, F16, BF16 and F8;
/// F64 rounds to nearest; quantised types give what ggml's reference dequantisation gives, bit for bit.
/// @throws FormatError for an integer or boolean tensor.
void toFloat32(const TensorInfo& tensor, float* out);

/// The same as bfloat16, rounded to nearest, ties to even.
void toBFloat16(const TensorInfo& tensor, uint16_t* out);

/// Round to nearest, ties to even; a NaN stays a (quiet) NaN, an overflow becomes infinity.
uint16_t floatToBfloat16(float value);

/// Encode as F32, F16, BF16 or Q8_0 (then `count` must be a multiple of 32).
/// @throws std::invalid_argument for any other type, and for NaN or infinity in Q8_0
std::vector<std::byte> encode(DType dtype, const float* values, size_t count);

/// Quantise to Q8_0: `count` (a multiple of 32) floats become `count / 32` blocks of 34 bytes.
/// @throws std::invalid_argument for NaN and infinity, which it has no place for
void quantizeQ8_0(const float* values, size_t count, std::byte* out);

}  // namespace foothold::io
