// The K types of ggml: super-blocks of 256 weights whose sub-blocks have quantised scales of their own.
//
//   Q4_K  d, dmin, s[12], q[128]          x = (d * sc) * q - dmin * m      8 sub-blocks of 32
//   Q5_K  d, dmin, s[12], h[32], q[128]   the same, with a fifth bit
//   Q6_K  ql[128], qh[64], sc[16], d      x = (d * sc) * (q - 32)          16 sub-blocks of 16, sc signed bytes
//
// d and dmin are float16. s packs eight 6-bit scales and eight 6-bit minima: bytes 0-3 hold scales 0-3 in their low six
// bits, bytes 4-7 minima 0-3; bytes 8-11 hold the low nibbles of scales 4-7 (low) and of minima 4-7 (high), whose upper
// two bits are the upper two bits of bytes 0-3 and 4-7.
#include <cstdint>

#include "native/io/dequantize.h"
#include "native/io/float_bits.h"
#include "native/io/little_endian.h"

namespace foothold::io {

namespace {

constexpr size_t kSuperBlock = 256;

float readHalf(const std::byte* data) { return halfBitsToFloat(readLittleEndian<uint16_t>(data)); }

struct ScaleAndMin {
  int scale;
  int min;
};

ScaleAndMin unpackScale(const std::byte* packed, size_t subBlock) {
  const auto byte = [&](size_t i) { return static_cast<int>(packed[i]); };
  if (subBlock < 4) return {byte(subBlock) & 0x3F, byte(subBlock + 4) & 0x3F};
  const int low = byte(subBlock + 4);
  return {(low & 0xF) | ((byte(subBlock - 4) >> 2) & 0x30), (low >> 4) | ((byte(subBlock) >> 2) & 0x30)};
}

/// Q4_K and Q5_K: 32 bytes hold two sub-blocks, one in the low nibbles and one in the high ones. Bit k of `high[i]` is
/// the fifth bit of weight i of sub-block k.
template <bool kHasFifthBit>
void dequantizeWithMin(const std::byte* block, float* out) {
  const float d = readHalf(block);
  const float dmin = readHalf(block + 2);
  const std::byte* const scales = block + 4;
  const std::byte* const high = block + 16;
  const std::byte* const packed = kHasFifthBit ? high + 32 : high;
  for (size_t subBlock = 0; subBlock < 8; ++subBlock, out += 32) {
    const ScaleAndMin steps = unpackScale(scales, subBlock);
    const float scale = d * static_cast<float>(steps.scale);
    const float min = dmin * static_cast<float>(steps.min);
    const std::byte* const q = packed + subBlock / 2 * 32;
    const int shift = subBlock % 2 == 0 ? 0 : 4;
    for (size_t i = 0; i < 32; ++i) {
      int value = (static_cast<int>(q[i]) >> shift) & 0xF;
      if constexpr (kHasFifthBit) value |= ((static_cast<int>(high[i]) >> subBlock) & 1) << 4;
      out[i] = scale * static_cast<float>(value) - min;
    }
  }
}

}  // namespace

void dequantizeQ4_K(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 16 + 128, out += kSuperBlock) dequantizeWithMin<false>(data, out);
}

void dequantizeQ5_K(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 16 + 32 + 128, out += kSuperBlock) dequantizeWithMin<true>(data, out);
}

/// Each half of 128 weights has 64 bytes of low nibbles and 32 bytes of upper bit pairs. Its four runs of 32 weights
/// take their nibbles from bytes 0-31 and 32-63 (low halves), then again (high halves), their pairs from bits 0-1, 2-3,
/// ….
void dequantizeQ6_K(const std::byte* data, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, data += 128 + 64 + 16 + 2) {
    const std::byte* const scales = data + 128 + 64;
    const float d = readHalf(scales + 16);
    for (size_t run = 0; run < 8; ++run) {
      const size_t half = run / 4;
      const size_t quarter = run % 4;
      const std::byte* const low = data + half * 64 + quarter % 2 * 32;
      const std::byte* const high = data + 128 + half * 32;
      const int lowShift = quarter < 2 ? 0 : 4;
      const int highShift = static_cast<int>(quarter) * 2;
      for (size_t part = 0; part < 32; part += 16, out += 16) {
        const float scale = d * static_cast<float>(static_cast<int8_t>(scales[run * 2 + part / 16]));
        for (size_t i = 0; i < 16; ++i) {
          const int nibble = (static_cast<int>(low[part + i]) >> lowShift) & 0xF;
          const int pair = (static_cast<int>(high[part + i]) >> highShift) & 0x3;
          out[i] = scale * static_cast<float>((nibble | pair << 4) - 32);
        }
      }
    }
  }
}

}  // namespace foothold::io
