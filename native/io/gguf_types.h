// Numbers of the GGUF format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "native/io/gguf.h"

namespace foothold::io {

inline constexpr uint32_t kDefaultAlignment = 32;
inline constexpr uint32_t kMaxGgufRank = 4;

/// Bytes of a number or boolean.
size_t scalarSize(GgufType type);

/// The element type of ggml's number for it; nothing for the types that Foothold does not decode.
std::optional<DType> dtypeOfGgml(uint32_t number);
std::optional<uint32_t> ggmlNumber(DType dtype);

/// For messages: the name of a type, whether or not it can be decoded, or its number.
std::string ggmlTypeName(uint32_t number);

}  // namespace foothold::io
