// The GGUF format of ggml: typed metadata, tensor descriptions, then the tensors, each aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "native/io/atomic_file.h"
#include "native/io/tensor_file.h"

namespace foothold::io {

/// Type numbers of metadata values; `GgufValue` has its alternatives in the same order.
enum class GgufType : uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };
inline constexpr uint32_t kNumGgufTypes = 13;

/// An array of scalars (`scalars`: packed, little-endian, unaligned) or of strings (`strings`). Views into the file.
struct GgufArray {
  GgufType elementType;
  size_t size;
  std::span<const std::byte> scalars;
  std::vector<std::string_view> strings;
};

using GgufValue = std::variant<uint8_t, int8_t, uint16_t, int16_t, uint32_t, int32_t, float, bool, std::string_view,
                               GgufArray, uint64_t, int64_t, double>;
using GgufValues = std::map<std::string, GgufValue, std::less<>>;

struct GgufContents {
  uint32_t version;
  GgufValues values;
  FileContents contents;
};

/// Check a whole file's bytes; everything returned views them. `path` is for messages only.
/// @throws FormatError
GgufContents parseGguf(std::string_view path, std::span<const std::byte> bytes);

class GgufFile : public TensorFile {
 public:
  GgufFile(MappedFile file, GgufContents contents)
      : TensorFile(std::move(file), std::move(contents.contents)),
        version_(contents.version),
        values_(std::move(contents.values)) {}

  uint32_t version() const { return version_; }
  /// All metadata, typed. Strings and arrays are views that stay valid while the file is open.
  const GgufValues& values() const { return values_; }

 private:
  uint32_t version_;
  GgufValues values_;
};

/// What a file says of a tensor that is to be written.
struct GgufTensor {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
};

/// A GGUF file of version 3 that is written tensor by tensor, so that one at a time need be in memory. It replaces a
/// file of its name as `writeSafetensors` does; what is destroyed before `commit` leaves none.
class GgufWriter {
 public:
  /// @throws IoError that names the file, std::invalid_argument for tensors or metadata that the format cannot hold or
  /// that have another type than F32, F16, BF16 and Q8_0.
  GgufWriter(std::string path, const std::vector<std::pair<std::string, GgufValue>>& values,
             std::vector<GgufTensor> tensors);

  /// The tensor whose turn it is; null behind the last.
  const GgufTensor* next() const { return written_ < tensors_.size() ? &tensors_[written_] : nullptr; }
  /// Its bytes, encoded.
  void write(std::span<const std::byte> bytes);
  /// Once all tensors are written.
  void commit();

 private:
  std::vector<GgufTensor> tensors_;
  size_t written_ = 0;
  AtomicFile file_;
};

}  // namespace foothold::io
