// A memory-mapped file of named tensors, whatever its format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/io/dtype.h"
#include "native/io/errors.h"
#include "native/io/mapped_file.h"

namespace foothold::io {

/// A tensor as it lies in a file. `data` has no particular alignment: read it with memcpy or with `toFloat32`.
struct TensorInfo {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;  // row-major, outermost first, also for GGUF, whose files list the innermost first
  const std::byte* data;
  size_t numBytes;

  int64_t numElements() const;
};

/// The tensors and the string-valued metadata found in a file's header.
struct FileContents {
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
};

/// @throws FormatError if two tensors have the same name
void requireDistinctNames(std::string_view path, const std::vector<TensorInfo>& tensors);

/// An open file and the tensors in it, which are views that stay valid while it lives. Immutable, so that threads may
/// share it. As with any mapped file, whoever shortens it while it is open makes later reads of it fail.
class TensorFile {
 public:
  TensorFile(MappedFile file, FileContents contents);
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;
  virtual ~TensorFile() = default;

  const std::string& path() const { return file_.path(); }
  /// In the order of the header (GGUF) or of their data (safetensors).
  const std::vector<TensorInfo>& tensors() const { return contents_.tensors; }
  /// The tensor of that name, or null.
  const TensorInfo* find(std::string_view name) const;
  /// safetensors: `__metadata__`. GGUF: the values that are strings; `GgufFile::values` has all.
  const std::map<std::string, std::string>& metadata() const { return contents_.metadata; }

 private:
  MappedFile file_;
  FileContents contents_;
  std::vector<const TensorInfo*> byName_;  // sorted
};

class GgufFile;  // native/io/gguf.h

/// Open a .safetensors file. The header is checked completely, the weights are not touched.
/// @throws IoError when it cannot be opened, FormatError when it is damaged.
std::shared_ptr<TensorFile> openSafetensors(const std::string& path);

/// Open a .gguf file, version 2 or 3, little-endian. The header is checked completely, the weights are not touched.
/// @throws IoError when it cannot be opened, FormatError when it is damaged or holds a type not in `DType`.
std::shared_ptr<GgufFile> openGguf(const std::string& path);

}  // namespace foothold::io
