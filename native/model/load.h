#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "native/model/weights.h"

namespace foothold::model {

/// A model file that does not hold the model it should: says which tensor is missing, unexpected or of wrong shape.
class ModelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class FileFormat { Safetensors, Gguf };

/// Read the weights from one or more files (memory-mapped) as float32 on the CPU. Every tensor of the model must be in
/// exactly one file, and no file may hold a tensor the model does not have.
Weights loadWeights(const ModelConfig& config, FileFormat format, const std::vector<std::string>& files);

/// Write the weights under their Hugging Face names into one safetensors file, in their own type.
void saveWeights(const ModelConfig& config, const Weights& weights, const std::string& path);

}  // namespace foothold::model
