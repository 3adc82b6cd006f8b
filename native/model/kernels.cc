#include "native/model/kernels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "native/model/vectorised.h"
#include "native/model/vectors.h"

namespace foothold::model::kernels {
namespace {

std::atomic<bool> kernelsEnabled{true};

bool hasAvx512() {
#ifdef FOOTHOLD_AVX512
  return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd");
#else
  return false;
#endif
}

/// AMD's Zen 4 computes 512 bits in halves and is no faster with them; its successors were not measured.
Registers fastest() {
  if (!hasAvx512()) return Registers::kFew;
#ifdef FOOTHOLD_AVX512
  if (__builtin_cpu_is("intel")) return Registers::kWide;
#endif
  return Registers::kMany;
}

std::atomic<Registers> used{fastest()};

constexpr int64_t kGrain = 16384;  // elements a thread should at least get

int64_t rowGrain(int64_t width) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, width)); }

FOOTHOLD_CLONES void rmsNormBackwardRow(const float* dy, const float* x, const float* weight, float scale, float* dx,
                                        float* dweight, int64_t width) {
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t i = 0; i < width; ++i) dot += dy[i] * weight[i] * x[i];
  const float shrink = dot * scale * scale * scale / static_cast<float>(width);
  for (int64_t i = 0; i < width; ++i) {
    dx[i] = dy[i] * weight[i] * scale - x[i] * shrink;
    dweight[i] += dy[i] * x[i] * scale;
  }
}

/// With s = sigmoid(gate): d silu / d gate = s (1 + gate (1 − s)).
FOOTHOLD_CLONES void swiGluBackwardRow(const float* dy, const float* gate, const float* up, float* dgate, float* dup,
                                       int64_t width) {
  for (int64_t i = 0; i < width; ++i) {
    const float sigmoid = 1.0f / (1.0f + fastExp(-gate[i]));
    const float silu = gate[i] * sigmoid;
    dgate[i] = dy[i] * up[i] * (sigmoid + silu * (1.0f - sigmoid));
    dup[i] = dy[i] * silu;
  }
}

}  // namespace

void setEnabled(bool enabled) { kernelsEnabled = enabled; }
bool areEnabled() { return kernelsEnabled; }

Registers registers() { return used.load(std::memory_order_relaxed); }
void useRegisters(std::optional<Registers> wanted) {
  used = hasAvx512() ? wanted.value_or(fastest()) : Registers::kFew;
}

FOOTHOLD_CLONES void rotateHead(const float* x, const float* cos, const float* sin, float* y, int64_t half) {
  for (int64_t i = 0; i < half; ++i) {
    const float a = x[i], b = x[half + i];
    y[i] = a * cos[i] - b * sin[i];
    y[half + i] = b * cos[i] + a * sin[i];
  }
}

FOOTHOLD_CLONES float rmsNormRow(const float* x, const float* weight, float* y, int64_t width, float eps) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < width; ++i) sum += x[i] * x[i];
  const float scale = 1.0f / std::sqrt(sum / static_cast<float>(width) + eps);
  for (int64_t i = 0; i < width; ++i) y[i] = x[i] * scale * weight[i];
  return scale;
}

FOOTHOLD_CLONES void swiGluRow(const float* gate, const float* up, float* y, int64_t width) {
  for (int64_t i = 0; i < width; ++i) y[i] = gate[i] / (1.0f + fastExp(-gate[i])) * up[i];
}

FOOTHOLD_CLONES float largestOf(const float* x, int64_t size) {
  constexpr int64_t kVectors = 2, kAtOnce = kVectors * kLanes<Vector8>;
  // A loop over std::max would not be vectorised, as it would have to treat what is not a number in order.
  Vector8 most[kVectors];
  for (Vector8& lanes : most) lanes = Vector8{} + x[0];
  int64_t i = 0;
  for (; i + kAtOnce <= size; i += kAtOnce) {
    for (int64_t v = 0; v < kVectors; ++v) {
      Vector8 values;
      load(values, x + i + v * kLanes<Vector8>);
      most[v] = values > most[v] ? values : most[v];
    }
  }
  float lanes[kAtOnce];
  for (int64_t v = 0; v < kVectors; ++v) store(lanes + v * kLanes<Vector8>, most[v]);
  return std::max(*std::max_element(lanes, lanes + kAtOnce), i < size ? *std::max_element(x + i, x + size) : x[0]);
}

bool canUse(const at::Tensor& x) { return areEnabled() && x.is_cpu() && x.scalar_type() == at::kFloat; }

at::Tensor rotate(const at::Tensor& x_THE, const at::Tensor& cos_TE, const at::Tensor& sin_TE) {
  const int64_t tokens = x_THE.size(0), heads = x_THE.size(1), width = x_THE.size(2), half = width / 2;
  TORCH_INTERNAL_ASSERT(x_THE.stride(2) == 1 || width == 1);
  at::Tensor y_THE = at::empty({tokens, heads, width}, x_THE.options());
  const float *x = x_THE.const_data_ptr<float>(), *cos = cos_TE.const_data_ptr<float>(),
              *sin = sin_TE.const_data_ptr<float>();
  float* y = y_THE.mutable_data_ptr<float>();
  const int64_t strideT = x_THE.stride(0), strideH = x_THE.stride(1);
  at::parallel_for(0, tokens, rowGrain(heads * width), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      for (int64_t h = 0; h < heads; ++h) {
        rotateHead(x + t * strideT + h * strideH, cos + t * half, sin + t * half, y + (t * heads + h) * width, half);
      }
    }
  });
  return y_THE;
}

std::pair<at::Tensor, at::Tensor> rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  const int64_t width = x.size(-1), rows = x.numel() / width;
  at::Tensor y = at::empty_like(x), scale = at::empty({rows}, x.options());
  const float *in = x.const_data_ptr<float>(), *w = weight.const_data_ptr<float>();
  float *out = y.mutable_data_ptr<float>(), *scales = scale.mutable_data_ptr<float>();
  at::parallel_for(0, rows, rowGrain(width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      scales[r] = rmsNormRow(in + r * width, w, out + r * width, width, static_cast<float>(eps));
    }
  });
  return {y, scale};
}

std::pair<at::Tensor, at::Tensor> rmsNormBackward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight,
                                                  const at::Tensor& scale) {
  const int64_t width = x.size(-1), rows = x.numel() / width;
  // Rows go to a fixed number of parts, so that the sum over rows does not depend on scheduling.
  const int64_t parts = std::min<int64_t>(rows, at::get_num_threads());
  at::Tensor dx = at::empty_like(x), partial = at::zeros({std::max<int64_t>(parts, 1), width}, x.options());
  const float *g = dy.const_data_ptr<float>(), *in = x.const_data_ptr<float>(), *w = weight.const_data_ptr<float>(),
              *scales = scale.const_data_ptr<float>();
  float *out = dx.mutable_data_ptr<float>(), *sums = partial.mutable_data_ptr<float>();
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      for (int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
        rmsNormBackwardRow(g + r * width, in + r * width, w, scales[r], out + r * width, sums + part * width, width);
      }
    }
  });
  return {dx, partial.sum(0)};
}

at::Tensor swiGlu(const at::Tensor& gateUp_TF) {
  const int64_t rows = gateUp_TF.size(0), width = gateUp_TF.size(1) / 2;
  at::Tensor y_TF = at::empty({rows, width}, gateUp_TF.options());
  const float* in = gateUp_TF.const_data_ptr<float>();
  float* out = y_TF.mutable_data_ptr<float>();
  at::parallel_for(0, rows, rowGrain(width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      swiGluRow(in + r * 2 * width, in + r * 2 * width + width, out + r * width, width);
    }
  });
  return y_TF;
}

at::Tensor swiGluBackward(const at::Tensor& dy_TF, const at::Tensor& gateUp_TF) {
  const int64_t rows = gateUp_TF.size(0), width = gateUp_TF.size(1) / 2;
  at::Tensor d_TF = at::empty_like(gateUp_TF);
  const float *g = dy_TF.const_data_ptr<float>(), *in = gateUp_TF.const_data_ptr<float>();
  float* out = d_TF.mutable_data_ptr<float>();
  at::parallel_for(0, rows, rowGrain(width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t row = r * 2 * width;
      swiGluBackwardRow(g + r * width, in + row, in + row + width, out + row, out + row + width, width);
    }
  });
  return d_TF;
}

}  // namespace foothold::model::kernels
