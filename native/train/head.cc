#include "native/train/head.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "native/model/kernels.h"
#include "native/model/vectorised.h"

namespace foothold::train {
namespace {

using model::fastExp;

/// Logits of one chunk take about this many floats (16 MiB); a chunk has at least kMinRows rows: each
/// also passes over the whole weight and its gradient, which for fewer takes longer than the products.
constexpr int64_t kChunkFloats = int64_t{1} << 22;
constexpr int64_t kMinRows = 256;
constexpr int64_t kMinRowsOnGpu = 512;

struct RowStats {
  float logSumExp, mean;  // of the scaled logits; mean under the softmax
};

FOOTHOLD_CLONES RowStats rowStats(const float* logits, int64_t size, float inverseTemperature) {
  const float largest = model::kernels::largestOf(logits, size);
  float sum = 0, weighted = 0;
#pragma omp simd reduction(+ : sum, weighted)
  for (int64_t i = 0; i < size; ++i) {
    const float shifted = (logits[i] - largest) * inverseTemperature;
    const float e = fastExp(shifted);
    sum += e;
    weighted += e * shifted;
  }
  return {largest * inverseTemperature + std::log(sum), largest * inverseTemperature + weighted / sum};
}

/// In place: logits → dL/dlogits = dL/dlogp (δ_target − softmax) / temperature.
FOOTHOLD_CLONES void rowGradient(float* logits, int64_t size, float inverseTemperature, float logSumExp,
                                 float derivative, int64_t target) {
  const float scale = -derivative * inverseTemperature;
  for (int64_t i = 0; i < size; ++i) logits[i] = scale * fastExp(logits[i] * inverseTemperature - logSumExp);
  logits[target] -= scale;
}

}  // namespace

struct Head::Chunk {
  int64_t begin;
  at::Tensor hidden_CD, logits_CV, logSumExp_C, targets_C;
  TokenStats stats;

  int64_t rows() const { return logits_CV.size(0); }
  void computeStats(double inverseTemperature);
  void toGradient(const std::vector<float>& derivatives, double inverseTemperature);
};

void Head::Chunk::computeStats(double inverseTemperature) {
  const int64_t count = rows(), vocabulary = logits_CV.size(1);
  stats.logProbs.resize(count);
  stats.entropies.resize(count);
  if (!model::kernels::canUse(logits_CV)) {
    const at::Tensor scaled_CV = logits_CV * inverseTemperature;
    logSumExp_C = scaled_CV.logsumexp(-1);
    const at::Tensor logP_CV = scaled_CV - logSumExp_C.unsqueeze(-1);
    const at::Tensor logProbs = logP_CV.gather(1, targets_C.unsqueeze(1)).squeeze(1).to(at::kCPU);
    const at::Tensor entropies = -(logP_CV.exp() * logP_CV).sum(-1).to(at::kCPU);
    std::copy_n(logProbs.contiguous().const_data_ptr<float>(), count, stats.logProbs.begin());
    std::copy_n(entropies.contiguous().const_data_ptr<float>(), count, stats.entropies.begin());
    return;
  }
  logSumExp_C = at::empty({count}, logits_CV.options());
  const float* logits = logits_CV.const_data_ptr<float>();
  const int64_t* targets = targets_C.const_data_ptr<int64_t>();
  float* sums = logSumExp_C.mutable_data_ptr<float>();
  const float inverse = static_cast<float>(inverseTemperature);
  at::parallel_for(0, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const float* row = logits + i * vocabulary;
      const RowStats result = rowStats(row, vocabulary, inverse);
      sums[i] = result.logSumExp;
      stats.logProbs[i] = row[targets[i]] * inverse - result.logSumExp;
      stats.entropies[i] = result.logSumExp - result.mean;
    }
  });
}

void Head::Chunk::toGradient(const std::vector<float>& derivatives, double inverseTemperature) {
  const int64_t count = rows(), vocabulary = logits_CV.size(1);
  if (!model::kernels::canUse(logits_CV)) {
    const at::Tensor d_C1 = at::tensor(derivatives).to(logits_CV.device()).mul_(inverseTemperature).unsqueeze(1);
    logits_CV.mul_(inverseTemperature).sub_(logSumExp_C.unsqueeze(-1)).exp_().mul_(-d_C1);
    logits_CV.scatter_add_(1, targets_C.unsqueeze(1), d_C1);
    return;
  }
  float* logits = logits_CV.mutable_data_ptr<float>();
  const float* sums = logSumExp_C.const_data_ptr<float>();
  const int64_t* targets = targets_C.const_data_ptr<int64_t>();
  at::parallel_for(0, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      rowGradient(logits + i * vocabulary, vocabulary, static_cast<float>(inverseTemperature), sums[i], derivatives[i],
                  targets[i]);
    }
  });
}

Head::Head(at::Tensor hidden_CD, const model::Linear& output, at::Tensor targets_C, double temperature)
    : hidden_CD_(std::move(hidden_CD)),
      output_(output),
      targets_C_(std::move(targets_C)),
      inverseTemperature_(1 / temperature) {}

Head::Chunk Head::logits(int64_t begin) const {
  const int64_t limit =
      std::max(output_.weight.is_cpu() ? kMinRows : kMinRowsOnGpu, kChunkFloats / output_.weight.size(0));
  const int64_t count = std::min(limit, targets_C_.size(0) - begin);
  Chunk chunk;
  chunk.begin = begin;
  chunk.targets_C = targets_C_.narrow(0, begin, count);
  chunk.hidden_CD = hidden_CD_.narrow(0, begin, count);
  chunk.logits_CV = output_(chunk.hidden_CD).to(at::kFloat);
  chunk.computeStats(inverseTemperature_);
  return chunk;
}

TokenStats Head::forward() const {
  at::NoGradGuard noGrad;
  TokenStats all;
  for (int64_t begin = 0; begin < targets_C_.size(0);) {
    const Chunk chunk = logits(begin);
    all.logProbs.insert(all.logProbs.end(), chunk.stats.logProbs.begin(), chunk.stats.logProbs.end());
    all.entropies.insert(all.entropies.end(), chunk.stats.entropies.begin(), chunk.stats.entropies.end());
    begin += chunk.rows();
  }
  return all;
}

at::Tensor Head::backward(const Derivatives& derivatives, at::Tensor& dweight_VD) const {
  at::NoGradGuard noGrad;
  at::Tensor dhidden_CD = at::empty_like(hidden_CD_);
  std::vector<float> values;
  for (int64_t begin = 0; begin < targets_C_.size(0);) {
    Chunk chunk = logits(begin);
    values.assign(chunk.rows(), 0.0f);
    derivatives(begin, chunk.stats, values);
    chunk.toGradient(values, inverseTemperature_);
    const at::Tensor weight_VD = output_.weight.detach();
    const at::Tensor dlogits_CV = chunk.logits_CV.to(weight_VD.scalar_type());
    dhidden_CD.narrow(0, begin, chunk.rows()).copy_(model::inputGradient(dlogits_CV, weight_VD));
    if (dweight_VD.scalar_type() == weight_VD.scalar_type()) {
      dweight_VD.addmm_(dlogits_CV.t(), chunk.hidden_CD);
    } else {
      dweight_VD.add_(at::mm(dlogits_CV.t(), chunk.hidden_CD));
    }
    begin += chunk.rows();
  }
  return dhidden_CD;
}

}  // namespace foothold::train
