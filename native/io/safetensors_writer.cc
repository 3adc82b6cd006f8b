#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "native/io/atomic_file.h"
#include "native/io/limits.h"
#include "native/io/safetensors.h"
#include "native/io/utf8.h"

namespace foothold::io {

namespace {

std::string jsonString(std::string_view text) {
  if (!isUtf8(text)) throw std::invalid_argument("safetensors: text that is not valid UTF-8: " + quoted(text));
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    } else {
      json += c;
    }
  }
  return json + '"';
}

template <typename Range, typename Render>
std::string joined(const Range& items, Render render) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ',';
    text += render(item);
  }
  return text;
}

std::string headerJson(const std::vector<const TensorView*>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::string json = "{";
  if (!metadata.empty()) {
    json += "\"__metadata__\":{" +
            joined(metadata, [](const auto& item) { return jsonString(item.first) + ":" + jsonString(item.second); }) +
            (tensors.empty() ? "}" : "},");
  }
  size_t offset = 0;
  json += joined(tensors, [&](const TensorView* tensor) {
    const size_t begin = offset;
    offset += tensor->numBytes;
    return jsonString(tensor->name) + ":{\"dtype\":\"" + name(tensor->dtype) + "\",\"shape\":[" +
           joined(tensor->shape, [](int64_t extent) { return std::to_string(extent); }) + "],\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(offset) + "]}";
  });
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');  // so that the data begin aligned
  return json;
}

/// Largest elements first: then every tensor begins at a multiple of its element size.
std::vector<const TensorView*> inFileOrder(const std::vector<TensorView>& tensors) {
  std::vector<const TensorView*> sorted;
  for (const TensorView& tensor : tensors) {
    if (tensor.name == "__metadata__") throw std::invalid_argument("safetensors: no tensor may be named __metadata__");
    if (blockLayout(tensor.dtype).elements != 1) {
      throw std::invalid_argument("safetensors: tensor " + quoted(tensor.name) + " is quantised");
    }
    sorted.push_back(&tensor);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const TensorView* a, const TensorView* b) {
    return blockLayout(a->dtype).bytes > blockLayout(b->dtype).bytes;
  });
  return sorted;
}

}  // namespace

void writeSafetensors(const std::string& path, const std::vector<TensorView>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  checkTensorViews(tensors);
  const std::vector<const TensorView*> sorted = inFileOrder(tensors);
  const std::string header = headerJson(sorted, metadata);
  if (header.size() > kMaxHeaderBytes) throw std::invalid_argument("safetensors: the header would be too large");

  AtomicFile file(path);
  const uint64_t length = header.size();
  file.write(&length, sizeof length);
  file.write(header);
  for (const TensorView* tensor : sorted) file.write(tensor->data, tensor->numBytes);
  file.commit();
}

}  // namespace foothold::io
