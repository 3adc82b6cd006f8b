#pragma once

/// FOOTHOLD_CLONES compiles a function once for each instruction set and lets the loader choose: the package is built
/// for the plainest x86-64 and still uses AVX2 and FMA where the machine has them. (A level, not a processor's name:
/// those match the processors of one maker only.)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__)
#define FOOTHOLD_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
/// For a function that wants the registers of AVX-512; only to be called if kernels::registers() says that they are
/// there.
#define FOOTHOLD_AVX512 __attribute__((target("arch=x86-64-v4")))
#else
#define FOOTHOLD_CLONES
#endif

#include <bit>
#include <cstdint>

namespace foothold::model {

/// What fastExp clamps to, -87 and 88. Not known to the compiler where it is used: of x / (1 + e^88), say, GCC would
/// make a case of its own, computed for every x beside the other, and its denormal result takes Intel's processors 150
/// cycles.
extern const float kLeastExponent, kGreatestExponent;

/// e^x for x in [-87, 88] with a relative error of 2 ulp, clamped outside, written so that a loop over it vectorises:
/// x = n ln 2 + r, |r| ≤ ln 2 / 2, e^r by its Taylor polynomial of degree 7, 2^n by building the exponent's bits.
inline __attribute__((always_inline)) float fastExp(float x) {
  x = x < kLeastExponent ? kLeastExponent : x;
  x = x > kGreatestExponent ? kGreatestExponent : x;
  constexpr float kRound = 12582912.0f;  // 1.5 · 2^23: adding it rounds to the nearest integer
  const float shifted = x * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  // By the bits, as a conversion of NaN would be undefined.
  const int32_t exponent = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(kRound) + 127;
  return p * std::bit_cast<float>(exponent << 23);
}

}  // namespace foothold::model
