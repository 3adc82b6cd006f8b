#include "native/io/tensor_file.h"

#include <utility>

#include "native/io/gguf.h"
#include "native/io/safetensors.h"

namespace foothold::io {

int64_t TensorInfo::numElements() const { return countElements(shape).value(); }

TensorFile::TensorFile(MappedFile file, FileContents contents)
    : file_(std::move(file)), contents_(std::move(contents)) {
  byName_.reserve(contents_.tensors.size());
  for (const TensorInfo& tensor : contents_.tensors) byName_.emplace(tensor.name, &tensor);
}

const TensorInfo* TensorFile::find(std::string_view name) const {
  const auto found = byName_.find(name);
  return found == byName_.end() ? nullptr : found->second;
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
