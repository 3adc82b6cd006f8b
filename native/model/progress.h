#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>

namespace foothold {

/// Thrown by long work that was told to stop; what it works on is as it was before.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("The call was aborted") {}
};

/// Link between long work on a worker thread and whoever waits for it.
struct Progress {
  std::atomic<bool> cancelled{false};
  /// Called on the worker thread; may be empty.
  std::function<void(int64_t done, int64_t total)> report;

  void check() const {
    if (cancelled.load(std::memory_order_relaxed)) throw Cancelled();
  }
  void advance(int64_t done, int64_t total) const {
    check();
    if (report) report(done, total);
  }
};

}  // namespace foothold
