#pragma once

#include <cstdint>
#include <optional>

namespace foothold::model {

enum class Family { Llama, Mistral, Qwen2, Qwen3 };

/// Rotary frequency scaling. Lengths are in tokens.
struct RopeScaling {
  enum class Type { Linear, Llama3 };
  Type type = Type::Linear;
  double factor = 1;
  double lowFreqFactor = 1;
  double highFreqFactor = 1;
  double originalMaxPositions = 0;
};

/// Shape of a decoder-only transformer of the Llama kind. The same fields as ModelConfig in bindings/torch.ts.
struct ModelConfig {
  Family family = Family::Llama;
  int64_t vocabSize = 0;
  int64_t hiddenSize = 0;
  int64_t intermediateSize = 0;
  int64_t numLayers = 0;
  int64_t numHeads = 0;
  int64_t numKvHeads = 0;
  int64_t headDim = 0;
  int64_t maxPositions = 0;
  double rmsNormEps = 1e-6;
  double ropeTheta = 10000;
  std::optional<RopeScaling> ropeScaling;
  bool tieWordEmbeddings = false;
  bool qkvBias = false;
  bool outputBias = false;
  bool mlpBias = false;

  /// Qwen3 normalises each query and key head before the rotation.
  bool normalisesHeads() const { return family == Family::Qwen3; }
  int64_t querySize() const { return numHeads * headDim; }
  int64_t kvSize() const { return numKvHeads * headDim; }
};

}  // namespace foothold::model
