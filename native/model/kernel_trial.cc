#include "native/model/kernel_trial.h"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace foothold::model {
namespace {

constexpr double kTolerance = 0.03;

/// sqrt(Σ(actual − expected)² / Σexpected²)
double relativeError(const Comparison& comparison) {
  const at::Tensor expected = comparison.expected.to(at::kFloat);
  return ((comparison.actual.to(at::kFloat) - expected).norm() / expected.norm()).item<double>();
}

}  // namespace

at::Tensor trialTensor(at::IntArrayRef sizes, uint64_t seed, const at::TensorOptions& options) {
  return at::randn(sizes, at::make_generator<at::CPUGeneratorImpl>(seed), at::TensorOptions(at::kFloat)).to(options);
}

std::string faultOf(const std::function<std::vector<Comparison>()>& run) {
  at::NoGradGuard noGrad;
  try {
    for (const Comparison& comparison : run()) {
      const double error = relativeError(comparison);
      if (!(error < kTolerance)) return "its results are off by " + std::to_string(error);
    }
    return "";
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
}

void warnOfPlain(const char* what, const at::TensorOptions& options, int64_t width, const std::string& faults) {
  TORCH_WARN(what, " on ", options.device(), " is slow: attention is computed by plain tensor operations, because ",
             "PyTorch's kernels cannot be used for ", options.dtype().name(), " and head width ", width, ":", faults);
}

}  // namespace foothold::model
