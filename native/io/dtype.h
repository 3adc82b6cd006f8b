// Types of tensor elements, plain and block-quantised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace foothold::io {

enum class DType {
  F64,
  F32,
  F16,
  BF16,
  I64,
  I32,
  I16,
  I8,
  U8,
  U16,
  U32,
  U64,
  Bool,
  F8E4M3,
  F8E5M2,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q4_K,
  Q5_K,
  Q6_K,
};

/// "F32", "Q4_K", … as GGUF and safetensors spell them ("BOOL", "F8_E4M3" and "F8_E5M2" for the last of the plain
/// ones).
const char* name(DType dtype);

/// Elements are stored in blocks of `elements`, each `bytes` long; plain types have blocks of one element.
struct BlockLayout {
  uint32_t elements;
  uint32_t bytes;
};
BlockLayout blockLayout(DType dtype);

/// True for F64, F32, F16, BF16, both F8 and every quantised type: what `toFloat32` takes.
bool isFloat(DType dtype);

/// More elements than any memory holds; a double still counts them exactly.
inline constexpr int64_t kMaxElements = int64_t{1} << 53;

/// Product of the dimensions (1 for a scalar); nothing when a dimension is negative, or when those that are not 0
/// multiply to more than `kMaxElements`.
std::optional<int64_t> countElements(const std::vector<int64_t>& shape);

/// Bytes that a dense tensor takes; nothing when `countElements` has none or the rows are not whole blocks.
std::optional<size_t> countBytes(DType dtype, const std::vector<int64_t>& shape);

}  // namespace foothold::io
