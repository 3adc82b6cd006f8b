#include "native/io/mapped_file.h"

#include <utility>

#include "native/io/errors.h"

#ifdef _WIN32
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <filesystem>
#include <memory>
#include <system_error>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#endif

namespace foothold::io {

#ifdef _WIN32

namespace {

struct CloseHandleOf {
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};
using UniqueHandle = std::unique_ptr<void, CloseHandleOf>;

[[noreturn]] void failWithLastError(const std::string& path, const char* action) {
  throw IoError(path, std::string(action) + ": " + std::system_category().message(static_cast<int>(GetLastError())));
}

}  // namespace

MappedFile::MappedFile(std::string path) : path_(std::move(path)) {
  const std::filesystem::path native(reinterpret_cast<const char8_t*>(path_.c_str()));
  HANDLE raw = CreateFileW(native.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                           FILE_ATTRIBUTE_NORMAL, nullptr);
  if (raw == INVALID_HANDLE_VALUE) failWithLastError(path_, "cannot be opened");
  const UniqueHandle file(raw);
  if (GetFileType(file.get()) != FILE_TYPE_DISK) throw IoError(path_, "is not a regular file");
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file.get(), &size)) failWithLastError(path_, "has no readable size");
  if (size.QuadPart == 0) return;  // an empty file cannot be mapped
  const UniqueHandle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!mapping) failWithLastError(path_, "cannot be mapped into memory");
  const void* view = MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, 0);
  if (!view) failWithLastError(path_, "cannot be mapped into memory");
  data_ = static_cast<const std::byte*>(view);
  size_ = static_cast<size_t>(size.QuadPart);
}

MappedFile::~MappedFile() {
  if (data_) UnmapViewOfFile(data_);
}

#else

namespace {

[[noreturn]] void failWithErrno(const std::string& path, const char* action) {
  throw IoError(path, std::string(action) + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

MappedFile::MappedFile(std::string path) : path_(std::move(path)) {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const Descriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) failWithErrno(path_, "cannot be opened");
  struct stat status;
  if (fstat(file.get(), &status) != 0) failWithErrno(path_, "has no readable size");
  if (!S_ISREG(status.st_mode)) throw IoError(path_, "is not a regular file");
  if (status.st_size == 0) return;  // an empty file cannot be mapped
  const auto size = static_cast<size_t>(status.st_size);
  void* view = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (view == MAP_FAILED) failWithErrno(path_, "cannot be mapped into memory");
  data_ = static_cast<const std::byte*>(view);
  size_ = size;
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<std::byte*>(data_), size_);
}

#endif

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

}  // namespace foothold::io
