#include "native/io/gguf_types.h"

#include <stdexcept>
#include <utility>

namespace foothold::io {

namespace {

constexpr std::pair<uint32_t, DType> kDecoded[] = {
    {0, DType::F32},  {1, DType::F16},   {2, DType::Q4_0},  {3, DType::Q4_1},  {6, DType::Q5_0}, {7, DType::Q5_1},
    {8, DType::Q8_0}, {12, DType::Q4_K}, {13, DType::Q5_K}, {14, DType::Q6_K}, {24, DType::I8},  {25, DType::I16},
    {26, DType::I32}, {27, DType::I64},  {28, DType::F64},  {30, DType::BF16},
};

constexpr std::pair<uint32_t, const char*> kUnsupported[] = {
    {9, "Q8_1"},     {10, "Q2_K"},  {11, "Q3_K"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"},
    {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"}, {22, "IQ2_S"},   {23, "IQ4_XS"},
    {29, "IQ1_M"},   {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"}, {40, "NVFP4"},   {41, "Q1_0"},
};

}  // namespace

size_t scalarSize(GgufType type) {
  switch (type) {
    case GgufType::U8:
    case GgufType::I8:
    case GgufType::Bool:
      return 1;
    case GgufType::U16:
    case GgufType::I16:
      return 2;
    case GgufType::U32:
    case GgufType::I32:
    case GgufType::F32:
      return 4;
    case GgufType::U64:
    case GgufType::I64:
    case GgufType::F64:
      return 8;
    case GgufType::String:
    case GgufType::Array:
      break;
  }
  throw std::logic_error("scalarSize: strings and arrays have no fixed size");
}

std::optional<DType> dtypeOfGgml(uint32_t number) {
  for (const auto& [key, dtype] : kDecoded) {
    if (key == number) return dtype;
  }
  return std::nullopt;
}

std::optional<uint32_t> ggmlNumber(DType wanted) {
  for (const auto& [number, dtype] : kDecoded) {
    if (dtype == wanted) return number;
  }
  return std::nullopt;
}

std::string ggmlTypeName(uint32_t number) {
  if (const auto dtype = dtypeOfGgml(number)) return name(*dtype);
  for (const auto& [key, text] : kUnsupported) {
    if (key == number) return text;
  }
  return "number " + std::to_string(number);
}

}  // namespace foothold::io
