#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace foothold::io {

/// A regular file mapped read-only into memory. Move-only; the mapping ends with the object.
///
/// Who shortens the file meanwhile ends the process (SIGBUS). Reading it instead (`pread`) took 1.6 times as long for a
/// file that the system has in memory, and a second copy where a tensor is converted: too dear for what nobody should do.
class MappedFile {
 public:
  /// @throws IoError when the file cannot be opened or is not a regular file (a folder, a pipe, a device).
  explicit MappedFile(std::string path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace foothold::io
