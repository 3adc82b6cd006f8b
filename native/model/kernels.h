#pragma once

#include <ATen/ATen.h>

#include <utility>

/// Fused float32 kernels for the CPU: one pass over memory where a chain of tensor operations would take several.
/// Each has a plain ATen twin at its caller, used for every other type and device.
namespace foothold::model::kernels {

/// Off, everything is computed by plain tensor operations, as on devices without kernels: these, those of attention and
/// decoding, and products with packed weights. On at the beginning; a process-wide switch for comparing the two.
void setEnabled(bool enabled);
bool areEnabled();

/// Whether to use functions marked FOOTHOLD_MANY_REGISTERS: the processor has the registers, and they are allowed,
/// which they are at the beginning.
bool useManyRegisters();
void allowManyRegisters(bool allowed);

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

}  // namespace foothold::model::kernels
