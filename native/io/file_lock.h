#pragma once

#include <memory>
#include <string>

namespace foothold::io {

/// An exclusive lock on a file. The operating system lets go of it when the process ends, however it ends, so that
/// there is never a lock without a holder. Another process may read the file meanwhile.
class FileLock {
 public:
  enum class Outcome { Taken, Held, Unsupported };

  /// Creates the file when needed. `Held`: by someone else, in this process or another. `Unsupported`: the file system
  /// has no locks. Throws IoError when the file cannot be opened.
  static Outcome tryLock(const std::string& path, std::unique_ptr<FileLock>& lock);

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
#ifdef _WIN32
  using Handle = void*;
#else
  using Handle = int;
#endif
  explicit FileLock(Handle handle) : handle_(handle) {}

  Handle handle_;
};

}  // namespace foothold::io
