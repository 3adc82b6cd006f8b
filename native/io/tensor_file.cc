#include "native/io/tensor_file.h"

#include <algorithm>
#include <utility>

#include "native/io/gguf.h"
#include "native/io/safetensors.h"

namespace foothold::io {

namespace {

/// Sorting rather than hashing: names from a hostile file could be made to collide.
std::vector<const TensorInfo*> sortedByName(const std::vector<TensorInfo>& tensors) {
  std::vector<const TensorInfo*> sorted;
  sorted.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(), [](const TensorInfo* a, const TensorInfo* b) { return a->name < b->name; });
  return sorted;
}

}  // namespace

int64_t TensorInfo::numElements() const { return countElements(shape).value(); }

void requireDistinctNames(std::string_view path, const std::vector<TensorInfo>& tensors) {
  const std::vector<const TensorInfo*> sorted = sortedByName(tensors);
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end(),
                                       [](const TensorInfo* a, const TensorInfo* b) { return a->name == b->name; });
  if (twin != sorted.end()) throw FormatError(path, "has two tensors named " + quoted((*twin)->name));
}

TensorFile::TensorFile(MappedFile file, FileContents contents)
    : file_(std::move(file)), contents_(std::move(contents)) {
  byName_ = sortedByName(contents_.tensors);
}

const TensorInfo* TensorFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(byName_.begin(), byName_.end(), name,
                       [](const TensorInfo* tensor, std::string_view key) { return tensor->name < key; });
  return found != byName_.end() && (*found)->name == name ? *found : nullptr;
}

std::shared_ptr<TensorFile> openSafetensors(const std::string& path) {
  MappedFile file(path);
  FileContents contents = parseSafetensors(path, file.bytes());
  return std::make_shared<TensorFile>(std::move(file), std::move(contents));
}

std::shared_ptr<GgufFile> openGguf(const std::string& path) {
  MappedFile file(path);
  GgufContents contents = parseGguf(path, file.bytes());
  return std::make_shared<GgufFile>(std::move(file), std::move(contents));
}

}  // namespace foothold::io
