#include "native/train/readers.h"

#include <chrono>

namespace foothold::train {

std::shared_ptr<void> Readers::enter() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  return std::shared_ptr<void>(nullptr, [this](void*) {
    // Notified under the lock: the one who waits may be about to destroy this object.
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  });
}

void Readers::waitUntilNone() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return count_ == 0; });
}

void Readers::waitUntilNone(const Progress& progress) {
  constexpr std::chrono::milliseconds kCancellationCheck(50);
  std::unique_lock lock(mutex_);
  while (!none_.wait_for(lock, kCancellationCheck, [this] { return count_ == 0; })) progress.check();
}

}  // namespace foothold::train
