#include "native/io/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "native/io/errors.h"

#ifdef _WIN32
#include <io.h>
#include <process.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace foothold::io {

namespace {

namespace fs = std::filesystem;

fs::path toPath(const std::string& utf8) { return fs::path(reinterpret_cast<const char8_t*>(utf8.c_str())); }

/// Unique among the threads and processes that may write the same file at once.
std::string temporaryName(const std::string& path) {
  static std::atomic<unsigned> counter{0};
#ifdef _WIN32
  const int process = _getpid();
#else
  const int process = getpid();
#endif
  return path + "." + std::to_string(process) + "-" + std::to_string(counter++) + ".tmp";
}

/// Creates a file that must not exist yet.
std::FILE* createNew(const std::string& path) {
#ifdef _WIN32
  return _wfopen(toPath(path).c_str(), L"wbx");
#else
  return std::fopen(path.c_str(), "wbxe");
#endif
}

bool syncFile(std::FILE* file) {
#ifdef _WIN32
  return _commit(_fileno(file)) == 0;
#else
  return fsync(fileno(file)) == 0;
#endif
}

/// Makes a rename in the folder durable. File systems that cannot sync a folder say so with EINVAL.
bool syncFolder([[maybe_unused]] const fs::path& folder) {
#ifndef _WIN32
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = fsync(fd) == 0 || errno == EINVAL;
  const int error = errno;
  close(fd);
  errno = error;
  return synced;
#else
  return true;
#endif
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), temporary_(temporaryName(path_)) {
  file_ = createNew(temporary_);
  if (!file_) fail("cannot be created");
}

AtomicFile::~AtomicFile() {
  if (file_) std::fclose(file_);
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(toPath(temporary_), ignored);
}

void AtomicFile::fail(const char* action) const {
  throw IoError(path_, std::string(action) + ": " + std::generic_category().message(errno));
}

void AtomicFile::write(const void* data, size_t numBytes) {
  if (numBytes > 0 && std::fwrite(data, 1, numBytes, file_) != numBytes) fail("cannot be written");
}

void AtomicFile::commit() {
  if (std::fflush(file_) != 0 || !syncFile(file_)) fail("cannot be written");
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
  std::error_code error;
  fs::rename(toPath(temporary_), toPath(path_), error);
  if (error) throw IoError(path_, "cannot be replaced: " + error.message());
  temporary_.clear();
  if (!syncFolder(toPath(path_).parent_path())) fail("is written, but its folder cannot be synced");
}

}  // namespace foothold::io
