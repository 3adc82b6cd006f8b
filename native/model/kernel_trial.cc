#include "native/model/kernel_trial.h"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <mutex>
#include <sstream>

namespace foothold::model {
namespace {

constexpr double kTolerance = 0.03;

std::mutex notesMutex;
std::vector<std::string> notes;

/// sqrt(Σ(actual − expected)² / Σexpected²)
double relativeError(const Comparison& comparison) {
  const at::Tensor expected = comparison.expected.to(at::kFloat);
  return ((comparison.actual.to(at::kFloat) - expected).norm() / expected.norm()).item<double>();
}

std::string placeOf(const KernelUse& use) {
  std::ostringstream place;
  place << use.options.device() << " in " << c10::typeMetaToScalarType(use.options.dtype()) << " with head width "
        << use.headWidth;
  return place.str();
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
  } catch (const c10::OutOfMemoryError&) {
    throw;  // says nothing about the kernel
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
}

void noteChoice(const KernelUse& use, const char* chosen) {
  note(std::string(use.name) + " attention on " + placeOf(use) + ": " + chosen);
}

void warnOfPlain(const KernelUse& use, const std::string& faults) {
  TORCH_WARN("The ", use.name, " attention on ", placeOf(use),
             " is computed by plain tensor operations, which is slow, because ",
             "PyTorch's kernels cannot be used:", faults);
}

std::vector<std::string> notedChoices() {
  const std::lock_guard<std::mutex> lock(notesMutex);
  return notes;
}

void note(const std::string& line) {
  const std::lock_guard<std::mutex> lock(notesMutex);
  if (std::find(notes.begin(), notes.end(), line) == notes.end()) notes.push_back(line);
}

}  // namespace foothold::model
