#pragma once

#include <ATen/ATen.h>

#include <functional>
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

/// Note what was chosen for a device, a type and a head width. `faults`: what was wrong with the kernels tried before
/// it, which is said aloud when none was left.
void noteChoice(const char* use, const char* chosen, const at::TensorOptions& options, int64_t width,
                const std::string& faults, bool isPlain);

/// What was chosen and recorded so far in this process, a line each.
std::vector<std::string> notedChoices();
void note(const std::string& line);

}  // namespace foothold::model
