#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <utility>

/// Fused float32 kernels for the CPU: one pass over memory where a chain of tensor operations would take several.
/// Each has a plain ATen twin at its caller, used for every other type and device.
namespace foothold::model::kernels {

/// Off, everything is computed by plain tensor operations, as on devices without kernels: these, those of attention and
/// decoding, and products with packed weights. On at the beginning; a process-wide switch for comparing the two.
void setEnabled(bool enabled);
bool areEnabled();

/// Vector registers that a kernel is written for: 16 of 256 bits, 32 of 256 bits, or 32 of 512 bits (AVX-512).
enum class Registers { kFew, kMany, kWide };

/// Those to compute with: unless others are asked for, what the processor is fastest with.
Registers registers();
/// From now on those given, as far as the processor has them. A process-wide switch for comparing them.
void useRegisters(std::optional<Registers> wanted);

/// Of three versions of a function, that for registers().
template <typename Function>
Function* versionFor(Function* few, Function* many, Function* wide) {
  const Registers used = registers();
  if (used == Registers::kFew) return few;
  return used == Registers::kMany ? many : wide;
}

/// Whether the kernels below take this tensor: float32 on the CPU.
bool canUse(const at::Tensor& x);

/// x_THE with any strides but a contiguous last dimension; the result is contiguous.
at::Tensor rotate(const at::Tensor& x_THE, const at::Tensor& cos_TE, const at::Tensor& sin_TE);

/// (y, r): rows over the last dimension of contiguous x; r = 1/sqrt(mean(x²) + eps), one a row.
std::pair<at::Tensor, at::Tensor> rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps);
/// (dx, dweight)
std::pair<at::Tensor, at::Tensor> rmsNormBackward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight,
                                                  const at::Tensor& scale);

/// silu(gate) · up for gateUp [T, 2F] = (gate, up); result [T, F].
at::Tensor swiGlu(const at::Tensor& gateUp_TF);
/// Gradient of swiGlu by its input, [T, 2F].
at::Tensor swiGluBackward(const at::Tensor& dy_TF, const at::Tensor& gateUp_TF);

/// What the kernels above do with one row.
void rotateHead(const float* x, const float* cos, const float* sin, float* y, int64_t half);
/// Returns r.
float rmsNormRow(const float* x, const float* weight, float* y, int64_t width, float eps);
void swiGluRow(const float* gate, const float* up, float* y, int64_t width);

/// Of at least one value; those that are not numbers may be left out.
float largestOf(const float* x, int64_t size);

}  // namespace foothold::model::kernels
