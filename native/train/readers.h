#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "native/model/progress.h"

namespace foothold::train {

/// Counts the threads that read values which another thread changes from time to time. Unlike a shared mutex, one
/// thread may begin a reading and another end it.
class Readers {
 public:
  /// From now on the values stay as they are, until the token and its copies are gone.
  std::shared_ptr<void> enter();

  void waitUntilNone();
  /// Throws Cancelled when told to stop.
  void waitUntilNone(const Progress& progress);

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int64_t count_ = 0;
};

}  // namespace foothold::train
