#include <array>
#include <stdexcept>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "native/io/atomic_file.h"
#include "native/io/gguf.h"
#include "native/io/gguf_types.h"
#include "native/io/utf8.h"

namespace foothold::io {

namespace {

constexpr uint32_t kVersion = 3;

size_t aligned(size_t offset) { return (offset + kDefaultAlignment - 1) / kDefaultAlignment * kDefaultAlignment; }

/// The header, built in memory: it is small beside the weights.
class HeaderBuilder {
 public:
  const std::string& bytes() const { return bytes_; }

  template <typename T>
  requires std::is_arithmetic_v<T>
  void put(T number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }

  void put(std::string_view text) {
    if (!isUtf8(text)) throw std::invalid_argument("GGUF: text that is not valid UTF-8: " + quoted(text));
    put(static_cast<uint64_t>(text.size()));
    bytes_.append(text);
  }

  void put(const GgufArray& array) {
    put(static_cast<uint32_t>(array.elementType));
    put(static_cast<uint64_t>(array.size));
    if (array.elementType == GgufType::String) {
      if (array.strings.size() != array.size) throw std::invalid_argument("GGUF: an array's size is wrong");
      for (const std::string_view text : array.strings) put(text);
    } else {
      if (array.scalars.size() != array.size * scalarSize(array.elementType)) {
        throw std::invalid_argument("GGUF: an array's size is wrong");
      }
      bytes_.append(reinterpret_cast<const char*>(array.scalars.data()), array.scalars.size());
    }
  }

 private:
  std::string bytes_;
};

void putValues(HeaderBuilder& header, const std::vector<std::pair<std::string, GgufValue>>& values) {
  std::unordered_set<std::string_view> keys;
  for (const auto& [key, value] : values) {
    if (!keys.insert(key).second) throw std::invalid_argument("GGUF: metadata " + quoted(key) + " is given twice");
    if (key == "general.alignment") throw std::invalid_argument("GGUF: general.alignment cannot be set");
    header.put(std::string_view(key));
    header.put(static_cast<uint32_t>(value.index()));
    std::visit([&](const auto& v) { header.put(v); }, value);
  }
}

bool isWritable(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::Q8_0;
}

/// @throws std::invalid_argument for what the format cannot hold
void checkTensors(const std::vector<GgufTensor>& tensors) {
  std::unordered_set<std::string_view> names;
  for (const GgufTensor& tensor : tensors) {
    const std::string what = "GGUF: tensor " + quoted(tensor.name);
    if (!names.insert(tensor.name).second) throw std::invalid_argument(what + " is given twice");
    if (!isWritable(tensor.dtype)) {
      throw std::invalid_argument(what + " has type " + name(tensor.dtype) + "; expected F32, F16, BF16 or Q8_0");
    }
    if (tensor.shape.size() > kMaxGgufRank) throw std::invalid_argument(what + " has more than four dimensions");
    if (!countBytes(tensor.dtype, tensor.shape)) {
      throw std::invalid_argument(what + ": shape does not match its type " + name(tensor.dtype));
    }
  }
}

void putTensors(HeaderBuilder& header, const std::vector<GgufTensor>& tensors) {
  size_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    header.put(std::string_view(tensor.name));
    header.put(static_cast<uint32_t>(tensor.shape.size()));
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) {
      header.put(static_cast<uint64_t>(*extent));
    }
    header.put(*ggmlNumber(tensor.dtype));
    header.put(static_cast<uint64_t>(offset));
    offset = aligned(offset + *countBytes(tensor.dtype, tensor.shape));
  }
}

void writePadding(AtomicFile& file, size_t offset) {
  static constexpr std::array<char, kDefaultAlignment> kZeros{};
  file.write(kZeros.data(), aligned(offset) - offset);
}

}  // namespace

GgufWriter::GgufWriter(std::string path, const std::vector<std::pair<std::string, GgufValue>>& values,
                       std::vector<GgufTensor> tensors)
    : tensors_(std::move(tensors)), file_(std::move(path)) {
  checkTensors(tensors_);
  HeaderBuilder header;
  for (const char c : std::string_view("GGUF")) header.put(c);
  header.put(kVersion);
  header.put(static_cast<uint64_t>(tensors_.size()));
  header.put(static_cast<uint64_t>(values.size()));
  putValues(header, values);
  putTensors(header, tensors_);
  file_.write(header.bytes());
  writePadding(file_, header.bytes().size());
}

void GgufWriter::write(std::span<const std::byte> bytes) {
  const GgufTensor* const tensor = next();
  if (!tensor) throw std::logic_error("GGUF: there are no more tensors to write");
  if (bytes.size() != countBytes(tensor->dtype, tensor->shape)) {
    throw std::invalid_argument("GGUF: tensor " + quoted(tensor->name) + " has " + std::to_string(bytes.size()) +
                                " bytes, which does not match its shape");
  }
  file_.write(bytes.data(), bytes.size());
  writePadding(file_, bytes.size());
  ++written_;
}

void GgufWriter::commit() {
  if (next()) throw std::logic_error("GGUF: tensor " + quoted(next()->name) + " is not written yet");
  file_.commit();
}

}  // namespace foothold::io
