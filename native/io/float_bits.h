// Bit patterns of the 16-bit floats. Inline and free of branches, so that loops over them vectorise.
#pragma once

#include <bit>
#include <cstdint>

namespace foothold::io {

/// IEEE binary16 to binary32, exact; the payload of a NaN is kept.
inline float halfBitsToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7FFFu;
  const uint32_t normal = (magnitude << 13) + ((127 - 15) << 23);
  const uint32_t special = (magnitude << 13) | 0x7F800000u;  // infinity and NaN
  // A subnormal is its mantissa times 2^-24. Through a signed integer, for which vector units have a conversion.
  const uint32_t subnormal = std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f);
  uint32_t bits = magnitude < 0x0400u ? subnormal : normal;
  bits = magnitude >= 0x7C00u ? special : bits;
  return std::bit_cast<float>(bits | sign);
}

inline float bfloat16BitsToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

/// To nearest, ties to even: add half of the last kept place (less one when that place is even) and cut.
inline uint16_t floatToBfloat16Bits(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  const uint32_t quietNan = (bits >> 16) | 0x0040u;
  return static_cast<uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? quietNan : rounded);
}

/// To nearest, ties to even; beyond 65,504 (rounded) to infinity.
inline uint16_t floatToHalfBits(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  const uint32_t normal = (magnitude - ((127 - 15) << 23) + 0x0FFFu + ((magnitude >> 13) & 1u)) >> 13;
  // Adding 1/2 moves the place of a half's last subnormal bit, 2^-24, to the last bit of a float, and rounds there.
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  const uint32_t special = magnitude > 0x7F800000u ? 0x7E00u : 0x7C00u;
  uint32_t half = magnitude < 0x38800000u ? subnormal : normal;  // 2^-14, the smallest normal half
  half = magnitude >= 0x47800000u ? special : half;              // 2^16; values just below round up to infinity
  return static_cast<uint16_t>(half | sign);
}

}  // namespace foothold::io
