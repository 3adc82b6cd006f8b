#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "native/io/gguf.h"
#include "native/io/gguf_types.h"
#include "native/io/limits.h"
#include "native/io/little_endian.h"
#include "native/io/utf8.h"

namespace foothold::io {

namespace {

/// Reads forward through the header; every read is checked against the end of the file.
class Cursor {
 public:
  Cursor(std::string_view path, std::span<const std::byte> bytes) : path_(path), bytes_(bytes) {}

  size_t offset() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }

  template <typename T>
  T number(std::string_view what) {
    return readLittleEndian<T>(take(sizeof(T), what).data());
  }

  std::span<const std::byte> take(uint64_t count, std::string_view what) {
    if (count <= remaining() && at_ + count > kMaxHeaderBytes) {
      fail("has a header of more than " + std::to_string(kMaxHeaderBytes) + " bytes, which no model needs");
    }
    if (count > remaining()) {
      fail("is truncated or damaged: " + std::string(what) + " at byte " + std::to_string(at_) + " takes " +
           std::to_string(count) + " bytes, only " + std::to_string(remaining()) + " are left");
    }
    const std::span<const std::byte> taken = bytes_.subspan(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return taken;
  }

  /// A length, then that many bytes of UTF-8.
  std::string_view string(std::string_view what) {
    const std::span<const std::byte> bytes = take(number<uint64_t>(what), what);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!isUtf8(text)) fail(std::string(what) + " is not valid UTF-8: " + quoted(text));
    return text;
  }

  /// A count of things that take at least `minBytes` each: more than `limit`, or than the file could hold, is refused
  /// before any memory is set aside.
  uint64_t count(uint64_t minBytes, uint64_t limit, std::string_view what) {
    const auto value = number<uint64_t>(what);
    if (value > remaining() / minBytes) {
      fail("is truncated or damaged: it claims " + std::to_string(value) + " " + std::string(what) + ", but has only " +
           std::to_string(remaining()) + " bytes left");
    }
    if (value > limit) {
      fail("claims " + std::to_string(value) + " " + std::string(what) + "; at most " + std::to_string(limit) +
           " are allowed");
    }
    return value;
  }

  /// The same for the elements of an array; `kMaxArrayElements` is for all arrays together.
  size_t countArray(uint64_t minBytes, std::string_view what) {
    const auto value = static_cast<size_t>(count(minBytes, kMaxArrayElements - arrayElements_, what));
    arrayElements_ += value;
    return value;
  }

  [[noreturn]] void fail(std::string_view problem) const { throw FormatError(path_, problem); }

 private:
  std::string_view path_;
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  size_t arrayElements_ = 0;
};

constexpr uint64_t kMinString = 8;                                      // its length
constexpr uint64_t kMinValue = kMinString + 4 + 1;                      // key, type, smallest value
constexpr uint64_t kMinTensor = kMinString + 4 + 4 + 8;                 // name, rank, type, offset
constexpr size_t kMaxNameBytes = std::numeric_limits<uint16_t>::max();  // the format's limit for keys

std::string_view readName(Cursor& in, std::string_view what) {
  const std::string_view text = in.string(what);
  if (text.size() > kMaxNameBytes) {
    in.fail(std::string(what) + " " + quoted(text) + " is longer than " + std::to_string(kMaxNameBytes) + " bytes");
  }
  return text;
}

GgufType readType(Cursor& in, std::string_view key) {
  const auto number = in.number<uint32_t>("a value's type");
  if (number >= kNumGgufTypes) {
    in.fail("metadata " + quoted(key) + " has the unknown type " + std::to_string(number) + "; expected 0 to " +
            std::to_string(kNumGgufTypes - 1));
  }
  return static_cast<GgufType>(number);
}

bool readBool(Cursor& in, std::string_view key) {
  const auto value = in.number<uint8_t>("a boolean");
  if (value > 1) in.fail("metadata " + quoted(key) + " is no boolean: " + std::to_string(value) + "; expected 0 or 1");
  return value == 1;
}

GgufArray readArray(Cursor& in, std::string_view key) {
  const GgufType type = readType(in, key);
  if (type == GgufType::Array) {
    in.fail("metadata " + quoted(key) + " is an array of arrays; expected an array of numbers, booleans or strings");
  }
  GgufArray array{type, 0, {}, {}};
  if (type == GgufType::String) {
    array.size = in.countArray(kMinString, "strings in metadata " + quoted(key));
    array.strings.reserve(array.size);
    for (size_t i = 0; i < array.size; ++i) array.strings.push_back(in.string("a string of " + quoted(key)));
    return array;
  }
  const size_t elementSize = scalarSize(type);
  array.size = in.countArray(elementSize, "elements in metadata " + quoted(key));
  array.scalars = in.take(array.size * elementSize, "an array");
  if (type == GgufType::Bool &&
      std::any_of(array.scalars.begin(), array.scalars.end(), [](std::byte b) { return b > std::byte{1}; })) {
    in.fail("metadata " + quoted(key) + " has a boolean that is neither 0 nor 1");
  }
  return array;
}

/// A number type by its place in `GgufValue`, so that the enumeration and the variant cannot disagree.
template <GgufType kType>
using Alternative = std::variant_alternative_t<static_cast<size_t>(kType), GgufValue>;

template <GgufType kType>
GgufValue readNumber(Cursor& in) {
  return GgufValue(std::in_place_index<static_cast<size_t>(kType)>, in.number<Alternative<kType>>("a number"));
}

GgufValue readValue(Cursor& in, std::string_view key) {
  switch (readType(in, key)) {
    case GgufType::U8:
      return readNumber<GgufType::U8>(in);
    case GgufType::I8:
      return readNumber<GgufType::I8>(in);
    case GgufType::U16:
      return readNumber<GgufType::U16>(in);
    case GgufType::I16:
      return readNumber<GgufType::I16>(in);
    case GgufType::U32:
      return readNumber<GgufType::U32>(in);
    case GgufType::I32:
      return readNumber<GgufType::I32>(in);
    case GgufType::F32:
      return readNumber<GgufType::F32>(in);
    case GgufType::Bool:
      return readBool(in, key);
    case GgufType::String:
      return in.string("the value of " + quoted(key));
    case GgufType::Array:
      return readArray(in, key);
    case GgufType::U64:
      return readNumber<GgufType::U64>(in);
    case GgufType::I64:
      return readNumber<GgufType::I64>(in);
    case GgufType::F64:
      return readNumber<GgufType::F64>(in);
  }
  in.fail("unreachable: readType admits no other type");
}

uint32_t readVersion(Cursor& in) {
  const std::span<const std::byte> magic = in.take(4, "the magic number");
  if (std::string_view(reinterpret_cast<const char*>(magic.data()), 4) != "GGUF") {
    in.fail("is not a GGUF file: it does not begin with \"GGUF\"");
  }
  const auto version = in.number<uint32_t>("the version");
  if (version == 2 || version == 3) return version;
  const bool swapped = version != 0 && (version & 0xFFFFu) == 0;
  in.fail(swapped ? "is a big-endian GGUF file; only little-endian ones are supported"
                  : "has GGUF version " + std::to_string(version) + "; versions 2 and 3 are supported");
}

GgufValues readValues(Cursor& in, uint64_t count) {
  GgufValues values;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view key = readName(in, "a metadata key");
    if (!values.emplace(key, readValue(in, key)).second) in.fail("has two metadata values named " + quoted(key));
  }
  return values;
}

uint32_t alignmentOf(const Cursor& in, const GgufValues& values) {
  const auto found = values.find("general.alignment");
  if (found == values.end()) return kDefaultAlignment;
  const uint32_t* const alignment = std::get_if<uint32_t>(&found->second);
  if (!alignment || *alignment < 8 || (*alignment & (*alignment - 1)) != 0) {
    in.fail("general.alignment must be a uint32 and a power of two of at least 8");
  }
  return *alignment;
}

/// A tensor as described, its offset counted from the start of the data.
struct Entry {
  TensorInfo tensor;
  uint64_t offset;
};

std::vector<int64_t> readShape(Cursor& in, std::string_view tensor) {
  const auto rank = in.number<uint32_t>("a tensor's rank");
  if (rank > kMaxGgufRank) {
    in.fail("tensor " + quoted(tensor) + " has " + std::to_string(rank) + " dimensions; at most " +
            std::to_string(kMaxGgufRank) + " are allowed");
  }
  std::vector<int64_t> shape(rank);
  for (uint32_t i = rank; i > 0; --i) {
    const auto extent = in.number<uint64_t>("a dimension");
    if (extent > static_cast<uint64_t>(INT64_MAX)) in.fail("tensor " + quoted(tensor) + " has an overflowing shape");
    shape[i - 1] = static_cast<int64_t>(extent);
  }
  return shape;
}

Entry readEntry(Cursor& in) {
  const std::string_view name = readName(in, "a tensor's name");
  std::vector<int64_t> shape = readShape(in, name);
  const auto typeNumber = in.number<uint32_t>("a tensor's type");
  const std::optional<DType> dtype = dtypeOfGgml(typeNumber);
  if (!dtype) {
    in.fail("tensor " + quoted(name) + " has the type " + ggmlTypeName(typeNumber) +
            ", which is not supported; expected a file in F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q4_K, Q5_1, Q5_0, Q4_1 or "
            "Q4_0");
  }
  const std::optional<size_t> numBytes = countBytes(*dtype, shape);
  if (!numBytes) {
    in.fail("tensor " + quoted(name) + " has an overflowing shape, or rows that are not whole blocks of " +
            std::to_string(blockLayout(*dtype).elements) + " elements");
  }
  const auto offset = in.number<uint64_t>("a tensor's offset");
  return {{std::string(name), *dtype, std::move(shape), nullptr, *numBytes}, offset};
}

/// Points a tensor at its data after checking that they are aligned and inside the file.
TensorInfo place(const Cursor& in, Entry entry, std::span<const std::byte> data, uint32_t alignment) {
  TensorInfo& tensor = entry.tensor;
  const std::string what = "tensor " + quoted(tensor.name) + " at offset " + std::to_string(entry.offset);
  if (entry.offset % alignment != 0) in.fail(what + " is not aligned to " + std::to_string(alignment) + " bytes");
  if (entry.offset > data.size() || tensor.numBytes > data.size() - entry.offset) {
    in.fail(what + " needs " + std::to_string(tensor.numBytes) + " bytes, outside the file's " +
            std::to_string(data.size()) + " bytes of data. Is it truncated? Download or copy it again");
  }
  tensor.data = data.data() + entry.offset;
  return std::move(tensor);
}

void checkOverlap(const Cursor& in, const std::vector<TensorInfo>& tensors) {
  std::vector<const TensorInfo*> byPlace;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.numBytes > 0) byPlace.push_back(&tensor);
  }
  std::sort(byPlace.begin(), byPlace.end(), [](const TensorInfo* a, const TensorInfo* b) { return a->data < b->data; });
  for (size_t i = 1; i < byPlace.size(); ++i) {
    const TensorInfo& before = *byPlace[i - 1];
    if (byPlace[i]->data < before.data + before.numBytes) {
      in.fail("tensor " + quoted(byPlace[i]->name) + " overlaps " + quoted(before.name));
    }
  }
}

}  // namespace

GgufContents parseGguf(std::string_view path, std::span<const std::byte> bytes) {
  Cursor in(path, bytes);
  GgufContents file{readVersion(in), {}, {}};
  const auto numTensors = in.count(kMinTensor, kMaxTensors, "tensors");
  const auto numValues = in.count(kMinValue, kMaxMetadataValues, "metadata values");
  file.values = readValues(in, numValues);
  const uint32_t alignment = alignmentOf(in, file.values);

  std::vector<Entry> entries;
  for (uint64_t i = 0; i < numTensors; ++i) entries.push_back(readEntry(in));
  // A file without tensors, such as a vocabulary, may end with its header.
  const size_t padding = std::min<size_t>((alignment - in.offset() % alignment) % alignment, in.remaining());
  const std::span<const std::byte> data = bytes.subspan(in.offset() + padding);
  std::vector<TensorInfo>& tensors = file.contents.tensors;
  for (Entry& entry : entries) tensors.push_back(place(in, std::move(entry), data, alignment));
  requireDistinctNames(path, tensors);
  checkOverlap(in, tensors);
  for (const auto& [key, value] : file.values) {
    if (const auto* text = std::get_if<std::string_view>(&value)) file.contents.metadata.emplace(key, *text);
  }
  return file;
}

}  // namespace foothold::io
