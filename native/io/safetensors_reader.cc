#include <algorithm>
#include <optional>
#include <utility>

#include "native/io/header_json.h"
#include "native/io/limits.h"
#include "native/io/little_endian.h"
#include "native/io/safetensors.h"
#include "native/io/utf8.h"

namespace foothold::io {

namespace {

constexpr size_t kPrefix = sizeof(uint64_t);

/// One entry of the header, not yet checked against its neighbours.
struct Entry {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  uint64_t begin;
  uint64_t end;
};

/// The JSON text between the length and the data.
std::string_view headerText(std::string_view path, std::span<const std::byte> bytes) {
  if (bytes.size() < kPrefix) {
    throw FormatError(path, "is not a safetensors file: it has " + std::to_string(bytes.size()) +
                                " bytes, the length of the header alone takes 8");
  }
  const auto length = readLittleEndian<uint64_t>(bytes.data());
  if (length > kMaxHeaderBytes) {
    throw FormatError(path, "claims a header of " + std::to_string(length) + " bytes; at most " +
                                std::to_string(kMaxHeaderBytes) + " are allowed. Is it a safetensors file?");
  }
  if (length > bytes.size() - kPrefix) {
    throw FormatError(path, "is truncated: its header should have " + std::to_string(length) + " bytes, only " +
                                std::to_string(bytes.size() - kPrefix) + " are left. Download or copy it again");
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kPrefix, length);
  if (!text.starts_with('{')) {
    throw FormatError(path, "is not a safetensors file: its header does not begin with '{'");
  }
  if (!isUtf8(text)) throw FormatError(path, "has a header that is not valid UTF-8");
  return text;
}

class HeaderReader {
 public:
  HeaderReader(std::string_view path, std::string_view text) : path_(path), json_(path, text, kPrefix) {}

  void read() {
    json_.object([&](const std::string& key) {
      if (key == "__metadata__") {
        readMetadata();
      } else {
        if (entries.size() == kMaxTensors) tooMany(kMaxTensors, "tensors");
        entries.push_back(readEntry(key));
      }
    });
    json_.end();
  }

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

 private:
  [[noreturn]] void tooMany(size_t limit, std::string_view what) const {
    throw FormatError(path_, "has more than " + std::to_string(limit) + " " + std::string(what));
  }

  void readMetadata() {
    if (std::exchange(hasMetadata_, true)) throw FormatError(path_, "has two entries \"__metadata__\"");
    json_.object([&](const std::string& key) {
      if (metadata.size() == kMaxMetadataValues) tooMany(kMaxMetadataValues, "metadata values");
      if (!metadata.emplace(key, json_.string()).second) {
        throw FormatError(path_, "has two metadata values named " + quoted(key));
      }
    });
  }

  Entry readEntry(const std::string& name) {
    std::optional<DType> dtype;
    std::optional<std::vector<int64_t>> shape;
    std::optional<std::vector<uint64_t>> offsets;
    json_.object([&](const std::string& key) {
      if (key == "dtype" && !dtype) {
        dtype = readDType(name);
      } else if (key == "shape" && !shape) {
        shape = readShape(name);
      } else if (key == "data_offsets" && !offsets) {
        offsets.emplace();
        json_.array([&] {
          if (offsets->size() == 2) tooMany(2, "data_offsets in tensor " + quoted(name));
          offsets->push_back(json_.unsignedInteger());
        });
      } else {
        throw FormatError(path_, "tensor " + quoted(name) + " has an unexpected or repeated field " + quoted(key) +
                                     "; expected dtype, shape and data_offsets once each");
      }
    });
    if (!dtype || !shape || !offsets || offsets->size() != 2) {
      throw FormatError(path_, "tensor " + quoted(name) + " needs a dtype, a shape and two data_offsets");
    }
    return {name, *dtype, std::move(*shape), offsets->front(), offsets->back()};
  }

  DType readDType(const std::string& tensor) {
    const std::string text = json_.string();
    std::string known;
    for (int i = 0; i <= static_cast<int>(DType::F8E5M2);
         ++i) {  // the plain types; their names are those of the format
      const auto candidate = static_cast<DType>(i);
      if (text == name(candidate)) return candidate;
      known += std::string(known.empty() ? "" : ", ") + name(candidate);
    }
    throw FormatError(
        path_, "tensor " + quoted(tensor) + " has the unknown dtype " + quoted(text) + "; expected one of " + known);
  }

  std::vector<int64_t> readShape(const std::string& tensor) {
    std::vector<int64_t> shape;
    json_.array([&] {
      if (shape.size() == kMaxRank) tooMany(kMaxRank, "dimensions in tensor " + quoted(tensor));
      const uint64_t extent = json_.unsignedInteger();
      if (extent > static_cast<uint64_t>(INT64_MAX)) {
        throw FormatError(path_, "tensor " + quoted(tensor) + " has an overflowing shape");
      }
      shape.push_back(static_cast<int64_t>(extent));
    });
    return shape;
  }

  std::string_view path_;
  HeaderJson json_;
  bool hasMetadata_ = false;
};

std::string describeRange(const Entry& entry) {
  return "tensor " + quoted(entry.name) + ", data_offsets [" + std::to_string(entry.begin) + ", " +
         std::to_string(entry.end) + "]";
}

/// One tensor's offsets against its own shape and the size of the data.
void checkSize(std::string_view path, const Entry& entry, size_t dataSize) {
  if (entry.begin > entry.end || entry.end > dataSize) {
    throw FormatError(path, describeRange(entry) + ": outside the file's " + std::to_string(dataSize) +
                                " bytes of data. Is it truncated? Download or copy it again");
  }
  const std::optional<size_t> expected = countBytes(entry.dtype, entry.shape);
  if (!expected) throw FormatError(path, "tensor " + quoted(entry.name) + " has an overflowing shape");
  if (*expected != entry.end - entry.begin) {
    throw FormatError(path, describeRange(entry) + ": dtype " + name(entry.dtype) + " and shape take " +
                                std::to_string(*expected) + " bytes");
  }
}

/// The tensors must tile the data: nothing is shared, nothing hides between them.
void checkTiling(std::string_view path, const std::vector<Entry>& sorted, size_t dataSize) {
  uint64_t reached = 0;
  for (const Entry& entry : sorted) {
    if (entry.begin != reached) {
      throw FormatError(path, describeRange(entry) + (entry.begin < reached ? ": overlaps" : ": leaves a gap after") +
                                  " the tensor before it, which ends at " + std::to_string(reached));
    }
    reached = entry.end;
  }
  if (reached != dataSize) {
    throw FormatError(path, "has " + std::to_string(dataSize - reached) + " bytes after its last tensor");
  }
}

}  // namespace

FileContents parseSafetensors(std::string_view path, std::span<const std::byte> bytes) {
  const std::string_view text = headerText(path, bytes);
  HeaderReader header(path, text);
  header.read();
  std::vector<Entry>& entries = header.entries;

  const std::span<const std::byte> data = bytes.subspan(kPrefix + text.size());
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  for (const Entry& entry : entries) checkSize(path, entry, data.size());
  checkTiling(path, entries, data.size());

  FileContents contents{{}, std::move(header.metadata)};
  contents.tensors.reserve(entries.size());
  for (Entry& entry : entries) {
    contents.tensors.push_back({std::move(entry.name), entry.dtype, std::move(entry.shape), data.data() + entry.begin,
                                static_cast<size_t>(entry.end - entry.begin)});
  }
  requireDistinctNames(path, contents.tensors);
  return contents;
}

}  // namespace foothold::io
