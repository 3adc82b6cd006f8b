#include "native/model/load.h"

#include <ATen/Parallel.h>

#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "native/io/convert.h"
#include "native/io/gguf.h"
#include "native/io/safetensors.h"
#include "native/io/tensor_file.h"

namespace foothold::model {
namespace {

std::string shapeText(const std::vector<int64_t>& shape) {
  std::ostringstream text;
  text << '[';
  for (size_t i = 0; i < shape.size(); ++i) text << (i ? ", " : "") << shape[i];
  text << ']';
  return text.str();
}

/// All tensors of the files of one model, by name.
class TensorIndex {
 public:
  TensorIndex(FileFormat format, const std::vector<std::string>& files) {
    for (const std::string& path : files) {
      std::shared_ptr<io::TensorFile> file;
      if (format == FileFormat::Gguf) {
        file = io::openGguf(path);
      } else {
        file = io::openSafetensors(path);
      }
      for (const io::TensorInfo& tensor : file->tensors()) add(tensor, path);
      files_.push_back(std::move(file));
    }
  }

  /// The tensor of that name and shape, which then counts as used.
  const io::TensorInfo& take(const std::string& name, const std::vector<int64_t>& shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      throw ModelError("The model has no tensor " + name + " of shape " + shapeText(shape) + " in " + places() +
                       ": is the configuration that of this model, and is every shard there?");
    }
    const auto& [tensor, path] = found->second;
    if (tensor->shape != shape) {
      throw ModelError("Tensor " + name + " of " + path + " has shape " + shapeText(tensor->shape) +
                       ", the configuration says " + shapeText(shape));
    }
    unused_.erase(name);
    return *tensor;
  }

  const io::TensorInfo* takeIfThere(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return nullptr;
    unused_.erase(name);
    return found->second.first;
  }

  void refuseUnused() const {
    for (const std::string& name : unused_) {
      // Constants that old exports carry along: the rotary frequencies are computed from the configuration.
      if (name.ends_with("rotary_emb.inv_freq")) continue;
      throw ModelError("Tensor " + name + " of " + tensors_.at(name).second +
                       " does not belong to a model of this configuration (is it of another architecture?)");
    }
  }

 private:
  void add(const io::TensorInfo& tensor, const std::string& path) {
    const auto [place, isNew] = tensors_.emplace(tensor.name, std::make_pair(&tensor, path));
    if (!isNew) {
      throw ModelError("Tensor " + tensor.name + " is in " + place->second.second + " and in " + path +
                       "; it may be in one only");
    }
    unused_.insert(tensor.name);
  }

  std::string places() const {
    return files_.size() == 1 ? files_.front()->path() : std::to_string(files_.size()) + " files";
  }

  std::vector<std::shared_ptr<io::TensorFile>> files_;
  std::map<std::string, std::pair<const io::TensorInfo*, std::string>> tensors_;
  std::set<std::string> unused_;
};

void read(const io::TensorInfo& tensor, at::Tensor& target) { io::toFloat32(tensor, target.mutable_data_ptr<float>()); }

/// llama.cpp stores the rows of a rotary head as pairs (0, E/2, 1, E/2 + 1, …); ours are the two halves one after the
/// other.
void undoInterleaving(at::Tensor& view, int64_t heads) {
  const int64_t half = view.size(0) / heads / 2;
  const auto rest = view.dim() == 2 ? view.size(1) : 1;
  view.copy_(view.clone().view({heads, half, 2, rest}).transpose(1, 2).reshape(view.sizes()));
}

at::Tensor readFactors(const io::TensorInfo& tensor, const ModelConfig& config) {
  if (tensor.numElements() != config.headDim / 2) {
    throw ModelError("Tensor " + tensor.name + " has " + std::to_string(tensor.numElements()) + " elements, expected " +
                     std::to_string(config.headDim / 2) + " (half the head width)");
  }
  at::Tensor factors = at::empty({config.headDim / 2}, at::kFloat);
  read(tensor, factors);
  return factors;
}

io::DType ioType(at::ScalarType type) { return type == at::kFloat ? io::DType::F32 : io::DType::BF16; }

}  // namespace

Weights loadWeights(const ModelConfig& config, FileFormat format, const std::vector<std::string>& files) {
  TensorIndex index(format, files);
  Weights weights = allocateWeights(config, at::TensorOptions(at::kFloat));
  std::vector<NamedView> views = namedViews(config, weights);
  const bool gguf = format == FileFormat::Gguf;
  std::vector<const io::TensorInfo*> sources;
  for (const NamedView& view : views) {
    sources.push_back(&index.take(gguf ? view.gguf : view.huggingFace, view.view.sizes().vec()));
  }
  if (config.tieWordEmbeddings) index.takeIfThere(gguf ? "output.weight" : "lm_head.weight");
  if (gguf) {
    // The same scaling as the configuration's, in another form: applied once.
    const io::TensorInfo* factors = index.takeIfThere("rope_freqs.weight");
    if (factors && !config.ropeScaling) weights.ropeFactors = readFactors(*factors, config);
  }
  index.refuseUnused();
  at::parallel_for(0, static_cast<int64_t>(views.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) read(*sources[i], views[i].view);
  });
  for (NamedView& view : views) {
    if (gguf && view.rotaryHeads > 0) undoInterleaving(view.view, view.rotaryHeads);
  }
  return weights;
}

void saveWeights(const ModelConfig& config, const Weights& weights, const std::string& path) {
  std::vector<at::Tensor> held;  // keeps copies made for other devices alive until they are written
  std::vector<io::TensorView> views;
  for (const NamedView& view : namedViews(config, weights)) {
    held.push_back(view.view.detach().to(at::kCPU).contiguous());
    const at::Tensor& tensor = held.back();
    views.push_back({view.huggingFace, ioType(tensor.scalar_type()), tensor.sizes().vec(), tensor.const_data_ptr(),
                     static_cast<size_t>(tensor.nbytes())});
  }
  io::writeSafetensors(path, views, {{"format", "pt"}});
}

}  // namespace foothold::model
