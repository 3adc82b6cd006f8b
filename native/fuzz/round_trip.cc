// Runs the readers, the converters and the writers over good files: each file is opened, every tensor converted, all
// written in both formats and in every type that can be written, read back and compared. For a build with sanitizers.
//
//   round_trip <scratch folder> <file>…
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "native/io/convert.h"
#include "native/io/gguf.h"
#include "native/io/safetensors.h"

namespace {

using namespace foothold::io;

/// A tensor in float32, to be written as other types.
struct Floats {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

std::shared_ptr<TensorFile> open(const std::string& path) {
  if (path.ends_with(".gguf")) return openGguf(path);
  return openSafetensors(path);
}

std::vector<Floats> readFloats(const TensorFile& file) {
  std::vector<Floats> tensors;
  for (const TensorInfo& tensor : file.tensors()) {
    if (!isFloat(tensor.dtype)) continue;
    Floats floats{tensor.name, tensor.shape, std::vector<float>(static_cast<size_t>(tensor.numElements()))};
    toFloat32(tensor, floats.values.data());
    if (file.find(tensor.name) != &tensor) throw std::runtime_error(tensor.name + " is not found by its name");
    tensors.push_back(std::move(floats));
  }
  return tensors;
}

bool fits(const Floats& tensor, DType dtype, bool gguf) {
  if (gguf && tensor.shape.size() > 4) return false;
  const auto finite = [](float value) { return std::isfinite(value); };
  if (dtype == DType::Q8_0 && !std::all_of(tensor.values.begin(), tensor.values.end(), finite)) return false;
  return countBytes(dtype, tensor.shape).has_value();
}

/// Writes the tensors as `dtype` and checks that what is read back is what encoding them gives.
void check(const std::vector<Floats>& tensors, DType dtype, const std::string& path) {
  const bool gguf = path.ends_with(".gguf");
  std::vector<std::vector<std::byte>> encoded;
  std::vector<TensorView> views;
  for (const Floats& tensor : tensors) {
    if (!fits(tensor, dtype, gguf)) continue;
    encoded.push_back(encode(dtype, tensor.values.data(), tensor.values.size()));
    views.push_back({tensor.name, dtype, tensor.shape, encoded.back().data(), encoded.back().size()});
  }
  if (gguf) {
    std::vector<GgufTensor> described;
    for (const TensorView& view : views) described.push_back({view.name, view.dtype, view.shape});
    GgufWriter writer(path, {{"general.name", GgufValue(std::string_view("round trip"))}}, std::move(described));
    for (const std::vector<std::byte>& bytes : encoded) writer.write(bytes);
    writer.commit();
  } else {
    writeSafetensors(path, views, {{"format", "pt"}});
  }
  const std::shared_ptr<TensorFile> file = open(path);
  for (const TensorView& view : views) {
    const TensorInfo* const found = file->find(view.name);
    if (!found || found->dtype != dtype || found->shape != view.shape || found->numBytes != view.numBytes ||
        !std::equal(found->data, found->data + found->numBytes, static_cast<const std::byte*>(view.data))) {
      throw std::runtime_error(path + ": tensor " + view.name + " is not what was written");
    }
  }
  readFloats(*file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s <scratch folder> <file>...\n", argv[0]);
    return 2;
  }
  const std::filesystem::path scratch(argv[1]);
  std::filesystem::create_directories(scratch);
  try {
    for (int i = 2; i < argc; ++i) {
      const std::vector<Floats> tensors = readFloats(*open(argv[i]));
      for (const DType dtype : {DType::F32, DType::F16, DType::BF16}) {
        check(tensors, dtype, (scratch / "x.safetensors").string());
        check(tensors, dtype, (scratch / "x.gguf").string());
      }
      check(tensors, DType::Q8_0, (scratch / "x.gguf").string());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%d files\n", argc - 2);
  return 0;
}
