#include "native/io/file_lock.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "native/io/errors.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

namespace foothold::io {

#ifdef _WIN32

FileLock::Outcome FileLock::tryLock(const std::string& path, std::unique_ptr<FileLock>& lock) {
  const std::filesystem::path name(reinterpret_cast<const char8_t*>(path.c_str()));
  // The share mode is the lock: whoever else wants to write is refused until the handle is closed.
  const HANDLE handle = CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, nullptr, OPEN_ALWAYS,
                                    FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD error = GetLastError();
    if (error == ERROR_SHARING_VIOLATION) return Outcome::Held;
    throw IoError(path, "cannot be opened: " + std::system_category().message(static_cast<int>(error)));
  }
  lock.reset(new FileLock(handle));
  return Outcome::Taken;
}

FileLock::~FileLock() { CloseHandle(handle_); }

#else

FileLock::Outcome FileLock::tryLock(const std::string& path, std::unique_ptr<FileLock>& lock) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) throw IoError(path, "cannot be opened: " + std::generic_category().message(errno));
  lock.reset(new FileLock(fd));
  // Of flock and fcntl locks only the former belong to this opening of the file: closing another does not drop it.
  int result;
  do {
    result = flock(fd, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return Outcome::Taken;
  const bool held = errno == EWOULDBLOCK;
  lock.reset();
  return held ? Outcome::Held : Outcome::Unsupported;
}

FileLock::~FileLock() { close(handle_); }

#endif

}  // namespace foothold::io
