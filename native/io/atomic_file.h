#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace foothold::io {

/// A file that appears under its name only when it is complete. It is written beside under a temporary name, synced to
/// the disk and renamed by `commit`; without a commit it is removed. All errors are IoErrors that name the file.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(const void* data, size_t numBytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Sync, rename over whatever had the name, sync the folder.
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string path_;
  std::string temporary_;
  std::FILE* file_ = nullptr;
};

}  // namespace foothold::io
