#include "native/rollout/team.h"

namespace foothold::rollout {
namespace {

/// Looks before a thread goes to sleep, some tens of microseconds: phases end at nearly the same time, unless the
/// machine has more to do than it has cores.
constexpr int kLooks = 2000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // takes about as long as pause does; yield takes no time
#endif
}

}  // namespace

void Team::meet() {
  const uint32_t phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) {
    arrived_.store(0, std::memory_order_relaxed);
    for (Range& range : ranges_) range.taken.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    phase_.notify_all();
    return;
  }
  for (int look = 0; look < kLooks; ++look) {
    if (phase_.load(std::memory_order_acquire) != phase) return;
    pause();
  }
  phase_.wait(phase, std::memory_order_acquire);
}

}  // namespace foothold::rollout
