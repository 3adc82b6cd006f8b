#include "native/io/dtype.h"

#include <array>

namespace foothold::io {

namespace {

struct Entry {
  DType dtype;
  const char* name;
  BlockLayout block;
  bool isFloat;
};

constexpr std::array<Entry, 23> kTypes{{
    {DType::F64, "F64", {1, 8}, true},
    {DType::F32, "F32", {1, 4}, true},
    {DType::F16, "F16", {1, 2}, true},
    {DType::BF16, "BF16", {1, 2}, true},
    {DType::I64, "I64", {1, 8}, false},
    {DType::I32, "I32", {1, 4}, false},
    {DType::I16, "I16", {1, 2}, false},
    {DType::I8, "I8", {1, 1}, false},
    {DType::U8, "U8", {1, 1}, false},
    {DType::U16, "U16", {1, 2}, false},
    {DType::U32, "U32", {1, 4}, false},
    {DType::U64, "U64", {1, 8}, false},
    {DType::Bool, "BOOL", {1, 1}, false},
    {DType::F8E4M3, "F8_E4M3", {1, 1}, true},
    {DType::F8E5M2, "F8_E5M2", {1, 1}, true},
    {DType::Q4_0, "Q4_0", {32, 2 + 16}, true},
    {DType::Q4_1, "Q4_1", {32, 2 + 2 + 16}, true},
    {DType::Q5_0, "Q5_0", {32, 2 + 4 + 16}, true},
    {DType::Q5_1, "Q5_1", {32, 2 + 2 + 4 + 16}, true},
    {DType::Q8_0, "Q8_0", {32, 2 + 32}, true},
    {DType::Q4_K, "Q4_K", {256, 2 + 2 + 12 + 128}, true},
    {DType::Q5_K, "Q5_K", {256, 2 + 2 + 12 + 32 + 128}, true},
    {DType::Q6_K, "Q6_K", {256, 128 + 64 + 16 + 2}, true},
}};

constexpr bool inEnumOrder() {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].dtype != static_cast<DType>(i)) return false;
  }
  return true;
}
static_assert(inEnumOrder());

const Entry& entry(DType dtype) { return kTypes[static_cast<size_t>(dtype)]; }

}  // namespace

const char* name(DType dtype) { return entry(dtype).name; }
BlockLayout blockLayout(DType dtype) { return entry(dtype).block; }
bool isFloat(DType dtype) { return entry(dtype).isFloat; }

std::optional<int64_t> countElements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent == 0) {
      empty = true;  // the other dimensions must still multiply without overflow
      continue;
    }
    if (count > kMaxElements / extent) return std::nullopt;
    count *= extent;
  }
  return empty ? 0 : count;
}

std::optional<size_t> countBytes(DType dtype, const std::vector<int64_t>& shape) {
  const BlockLayout block = blockLayout(dtype);
  const int64_t rowLength = shape.empty() ? 1 : shape.back();
  const std::optional<int64_t> elements = countElements(shape);
  if (!elements || rowLength % block.elements != 0) return std::nullopt;
  return static_cast<size_t>(*elements) / block.elements * block.bytes;  // at most 2^53 * 8
}

}  // namespace foothold::io
