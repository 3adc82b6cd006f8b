#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

namespace foothold::io {

// Both formats store little-endian numbers and every platform LibTorch runs on is little-endian; tensor data is used
// as it lies in the file, so another byte order would need more than swapping headers.
static_assert(std::endian::native == std::endian::little);

/// The number at `data`, which may be unaligned.
template <typename T>
T readLittleEndian(const std::byte* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

}  // namespace foothold::io
