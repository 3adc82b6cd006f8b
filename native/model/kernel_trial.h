#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace foothold::model {

/// What a kernel gives, and what tensor operations give in its place.
struct Comparison {
  at::Tensor actual, expected;
};

/// Normal numbers, the same for a seed, whatever else is drawn.
at::Tensor trialTensor(at::IntArrayRef sizes, uint64_t seed, const at::TensorOptions& options);

/// What is wrong with a kernel, whose call may throw; empty when nothing is. A wrong result is told from a rounded one.
/// Memory that runs out is no fault of the kernel, and thrown on.
std::string faultOf(const std::function<std::vector<Comparison>()>& run);

/// What a kernel is wanted for.
struct KernelUse {
  const char* name;
  at::TensorOptions options;
  int64_t headWidth;
};

void noteChoice(const KernelUse& use, const char* chosen);
void warnOfPlain(const KernelUse& use, const std::string& faults);

/// The first of `kernels` whose results `compare` finds to be those of `plain`, else `plain`. Notes the choice, and
/// says aloud what is wrong with each kernel when none is left.
template <typename Kernel, typename Compare>
const Kernel& chooseKernel(const KernelUse& use, std::initializer_list<const Kernel*> kernels, const Kernel& plain,
                           const Compare& compare) {
  std::string faults;
  for (const Kernel* kernel : kernels) {
    const std::string fault = faultOf([&] { return compare(*kernel); });
    if (fault.empty()) {
      noteChoice(use, kernel->name());
      return *kernel;
    }
    faults += std::string("\n  ") + kernel->name() + ": " + fault;
  }
  noteChoice(use, plain.name());
  warnOfPlain(use, faults);
  return plain;
}

/// What was chosen and recorded so far in this process, a line each.
std::vector<std::string> notedChoices();
void note(const std::string& line);

}  // namespace foothold::model
