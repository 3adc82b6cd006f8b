#include "native/text/run_scan.h"

#include <algorithm>
#include <atomic>

#include "native/text/run_scan_kernel.h"

#ifdef _WIN32
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif

namespace foothold::text {

namespace {

ScanKernel kernelOf(InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx512) return scanAvx512;
  if (set == InstructionSet::kAvx2) return scanAvx2;
#endif
  (void)set;
  return scanPortable;
}

#if defined(__x86_64__)
#ifdef _WIN32
// Not by the builtin, which wants a library of clang's that Windows' linkers are not given.
bool hasAvx512() { return IsProcessorFeaturePresent(PF_AVX512F_INSTRUCTIONS_AVAILABLE); }
bool hasAvx2() { return IsProcessorFeaturePresent(PF_AVX2_INSTRUCTIONS_AVAILABLE); }
#else
bool hasAvx512() { return __builtin_cpu_supports("avx512f"); }
bool hasAvx2() { return __builtin_cpu_supports("avx2"); }
#endif
#endif

std::atomic<ScanKernel>& currentKernel() {
  static std::atomic<ScanKernel> kernel{kernelOf(widestInstructionSet())};
  return kernel;
}

}  // namespace

InstructionSet widestInstructionSet() {
#if defined(__x86_64__)
  if (hasAvx512()) return InstructionSet::kAvx512;
  if (hasAvx2()) return InstructionSet::kAvx2;
#endif
  return InstructionSet::kPortable;
}

void useInstructionSet(InstructionSet set) { currentKernel() = kernelOf(std::min(set, widestInstructionSet())); }

bool scanRuns(const ScanInput& input, uint32_t min_size, size_t max_runs, RunStack& runs) {
  Run* const begin = runs.reserve(max_runs + RunBuffer::kSlack);
  RunBuffer buffer{begin, begin + max_runs};
  currentKernel().load(std::memory_order_relaxed)(input, min_size, buffer);
  if (buffer.full()) return false;
  runs.commit(static_cast<size_t>(buffer.next - begin));
  return true;
}

}  // namespace foothold::text
