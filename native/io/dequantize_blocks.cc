// The simple block types of ggml: 32 weights that share one scale d, some also a minimum m (both float16).
//
//   Q4_0  d, q[16]         x = d * (q - 8)     byte j of q: weight j in its low nibble, weight j + 16 in its high one
//   Q4_1  d, m, q[16]      x = d * q + m
//   Q5_0  d, h[4], q[16]   x = d * (q - 16)    bit i of the little-endian h is the fifth bit of weight i
//   Q5_1  d, m, h[4], q[16] x = d * q + m
//   Q8_0  d, q[32]         x = d * q           signed bytes
//
// The product is rounded before the sum, as in ggml: the build turns contraction to fused operations off.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "native/io/convert.h"
#include "native/io/dequantize.h"
#include "native/io/float_bits.h"
#include "native/io/little_endian.h"

namespace foothold::io {

namespace {

constexpr size_t kBlock = 32;
constexpr size_t kHalf = kBlock / 2;

float readHalf(const std::byte* data) { return halfBitsToFloat(readLittleEndian<uint16_t>(data)); }

/// Both nibbles of 16 bytes, in the order of the weights.
inline void unpackNibbles(const std::byte* packed, int32_t* q) {
  for (size_t j = 0; j < kHalf; ++j) {
    const auto byte = static_cast<int32_t>(packed[j]);
    q[j] = byte & 0xF;
    q[j + kHalf] = byte >> 4;
  }
}

/// The same with the fifth bits.
inline void unpackFiveBits(const std::byte* highBits, const std::byte* packed, int32_t* q) {
  const auto high = readLittleEndian<uint32_t>(highBits);
  unpackNibbles(packed, q);
  for (size_t i = 0; i < kBlock; ++i) q[i] |= static_cast<int32_t>((high >> i) & 1u) << 4;
}

inline void scale(const int32_t* q, int32_t zero, float d, float* out) {
  for (size_t i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(q[i] - zero);
}

inline void scaleAndShift(const int32_t* q, float d, float m, float* out) {
  for (size_t i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(q[i]) + m;
}

}  // namespace

void dequantizeQ4_0(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 2 + 16, out += kBlock) {
    int32_t q[kBlock];
    unpackNibbles(data + 2, q);
    scale(q, 8, readHalf(data), out);
  }
}

void dequantizeQ4_1(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 4 + 16, out += kBlock) {
    int32_t q[kBlock];
    unpackNibbles(data + 4, q);
    scaleAndShift(q, readHalf(data), readHalf(data + 2), out);
  }
}

void dequantizeQ5_0(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 2 + 4 + 16, out += kBlock) {
    int32_t q[kBlock];
    unpackFiveBits(data + 2, data + 6, q);
    scale(q, 16, readHalf(data), out);
  }
}

void dequantizeQ5_1(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 4 + 4 + 16, out += kBlock) {
    int32_t q[kBlock];
    unpackFiveBits(data + 4, data + 8, q);
    scaleAndShift(q, readHalf(data), readHalf(data + 2), out);
  }
}

void dequantizeQ8_0(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 2 + kBlock, out += kBlock) {
    const float d = readHalf(data);
    for (size_t i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(static_cast<int8_t>(data[2 + i]));
  }
}

void quantizeQ8_0(const float* values, size_t count, std::byte* out) {
  for (size_t done = 0; done < count; done += kBlock, values += kBlock, out += 2 + kBlock) {
    float largest = 0;
    for (size_t i = 0; i < kBlock; ++i) {
      if (!std::isfinite(values[i])) throw std::invalid_argument("Q8_0 holds neither NaN nor infinity");
      largest = std::max(largest, std::abs(values[i]));
    }
    const float d = largest / 127;
    // Of the unrounded d, as ggml does. A d so small that its inverse overflows is 0 in the file.
    const float inverse = std::isfinite(1 / d) ? 1 / d : 0.0f;
    const uint16_t bits = floatToHalfBits(d);
    std::memcpy(out, &bits, sizeof bits);
    for (size_t i = 0; i < kBlock; ++i) {
      out[2 + i] = static_cast<std::byte>(static_cast<int8_t>(std::round(values[i] * inverse)));
    }
  }
}

void dequantize(DType dtype, const std::byte* data, size_t blocks, float* out) {
  switch (dtype) {
    case DType::Q4_0:
      return dequantizeQ4_0(data, blocks, out);
    case DType::Q4_1:
      return dequantizeQ4_1(data, blocks, out);
    case DType::Q5_0:
      return dequantizeQ5_0(data, blocks, out);
    case DType::Q5_1:
      return dequantizeQ5_1(data, blocks, out);
    case DType::Q8_0:
      return dequantizeQ8_0(data, blocks, out);
    case DType::Q4_K:
      return dequantizeQ4_K(data, blocks, out);
    case DType::Q5_K:
      return dequantizeQ5_K(data, blocks, out);
    case DType::Q6_K:
      return dequantizeQ6_K(data, blocks, out);
    default:
      throw std::logic_error("dequantize: not a quantised type");
  }
}

}  // namespace foothold::io
