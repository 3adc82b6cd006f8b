#include "native/io/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "native/io/dequantize.h"
#include "native/io/float_bits.h"
#include "native/io/little_endian.h"

namespace foothold::io {

namespace {

/// `out[i] = convert(source[i])` over unaligned elements.
template <typename T, typename Convert>
void transform(const std::byte* data, size_t count, float* out, Convert convert) {
  for (size_t i = 0; i < count; ++i) out[i] = convert(readLittleEndian<T>(data + i * sizeof(T)));
}

/// `out[i] = round(values[i])` to a 16-bit format; `out` is aligned.
template <typename Round>
void roundAll(const float* values, size_t count, uint16_t* out, Round round) {
  for (size_t i = 0; i < count; ++i) out[i] = round(values[i]);
}

/// The 256 values of an 8-bit float format.
template <typename Decode>
std::array<float, 256> table(Decode decode) {
  std::array<float, 256> values;
  for (int i = 0; i < 256; ++i) values[static_cast<size_t>(i)] = decode(static_cast<uint8_t>(i));
  return values;
}

/// E4M3 in the variant without infinities ("fn"): bias 7, only all-ones is NaN.
float decodeE4M3(uint8_t bits) {
  const int exponent = (bits >> 3) & 0xF;
  const int mantissa = bits & 0x7;
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  if (exponent == 0xF && mantissa == 0x7) return std::copysign(NAN, sign);
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -9);
  return sign * std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
}

/// E5M2 is the upper half of a float16.
float decodeE5M2(uint8_t bits) { return halfBitsToFloat(static_cast<uint16_t>(bits << 8)); }

}  // namespace

void toFloat32(const TensorInfo& tensor, float* out) {
  const auto count = static_cast<size_t>(tensor.numElements());
  const std::byte* const data = tensor.data;
  switch (tensor.dtype) {
    case DType::F64:
      return transform<double>(data, count, out, [](double value) { return static_cast<float>(value); });
    case DType::F32:
      if (count > 0) std::memcpy(out, data, count * sizeof(float));
      return;
    case DType::F16:
      return transform<uint16_t>(data, count, out, halfBitsToFloat);
    case DType::BF16:
      return transform<uint16_t>(data, count, out, bfloat16BitsToFloat);
    case DType::F8E4M3: {
      static const std::array<float, 256> values = table(decodeE4M3);
      return transform<uint8_t>(data, count, out, [](uint8_t bits) { return values[bits]; });
    }
    case DType::F8E5M2: {
      static const std::array<float, 256> values = table(decodeE5M2);
      return transform<uint8_t>(data, count, out, [](uint8_t bits) { return values[bits]; });
    }
    default:
      break;
  }
  if (!isFloat(tensor.dtype)) {
    throw FormatError("tensor " + quoted(tensor.name),
                      std::string("has dtype ") + name(tensor.dtype) + "; expected a floating-point or quantised type");
  }
  dequantize(tensor.dtype, data, count / blockLayout(tensor.dtype).elements, out);
}

void toBFloat16(const TensorInfo& tensor, uint16_t* out) {
  const auto count = static_cast<size_t>(tensor.numElements());
  if (tensor.dtype == DType::BF16) {
    if (count > 0) std::memcpy(out, tensor.data, count * sizeof(uint16_t));
    return;
  }
  // By way of float32, in pieces that stay in the cache. A multiple of every block length.
  constexpr size_t kPiece = 4096;
  std::vector<float> piece(std::min(count, kPiece));
  const BlockLayout block = blockLayout(tensor.dtype);
  for (size_t done = 0; done < count; done += kPiece) {
    const size_t length = std::min(kPiece, count - done);
    const size_t bytes = length / block.elements * block.bytes;
    const std::byte* const data = tensor.data + done / block.elements * block.bytes;
    toFloat32({tensor.name, tensor.dtype, {static_cast<int64_t>(length)}, data, bytes}, piece.data());
    roundAll(piece.data(), length, out + done, floatToBfloat16Bits);
  }
}

uint16_t floatToBfloat16(float value) { return floatToBfloat16Bits(value); }

std::vector<std::byte> encode(DType dtype, const float* values, size_t count) {
  const BlockLayout block = blockLayout(dtype);
  if (count % block.elements != 0) throw std::invalid_argument("encode: not a whole number of blocks");
  std::vector<std::byte> bytes(count / block.elements * block.bytes);
  switch (dtype) {
    case DType::F32:
      if (count > 0) std::memcpy(bytes.data(), values, bytes.size());
      break;
    case DType::F16:
      roundAll(values, count, reinterpret_cast<uint16_t*>(bytes.data()), floatToHalfBits);
      break;
    case DType::BF16:
      roundAll(values, count, reinterpret_cast<uint16_t*>(bytes.data()), floatToBfloat16Bits);
      break;
    case DType::Q8_0:
      quantizeQ8_0(values, count, bytes.data());
      break;
    default:
      throw std::invalid_argument(std::string("encode: ") + name(dtype) + " is not among F32, F16, BF16 and Q8_0");
  }
  return bytes;
}

}  // namespace foothold::io
