#include "bindings/torch/policy_arguments.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "bindings/torch/errors.h"

using foothold::model::Family;
using foothold::model::ModelConfig;
using foothold::model::RopeScaling;
using foothold::rollout::GenerateRequest;
using foothold::train::LossType;
using foothold::train::ProductPass;
using foothold::train::TokenBatch;
using foothold::train::UpdateBatch;
using foothold::train::UpdateOptions;

namespace {

/// Caches hold at most this many tokens unless told otherwise.
constexpr int64_t kDefaultBatchedTokens = 32768;

/// Logits are multiplied by 1 / temperature, which must be a float32.
constexpr double kLeastTemperature = 1e-38;

[[noreturn]] void fail(const std::string& message) { throw std::invalid_argument(message); }

void require(bool condition, const std::string& message) {
  if (!condition) fail(message);
}

RopeScaling readRopeScaling(const Arguments& arguments) {
  RopeScaling scaling;
  scaling.type = static_cast<RopeScaling::Type>(arguments.choice("type", {"linear", "llama3"}));
  scaling.factor = arguments.number("factor");
  if (scaling.type == RopeScaling::Type::Llama3) {
    scaling.lowFreqFactor = arguments.number("lowFreqFactor");
    scaling.highFreqFactor = arguments.number("highFreqFactor");
    scaling.originalMaxPositions = arguments.number("originalMaxPositionEmbeddings");
  }
  return scaling;
}

template <typename T>
void requireLength(const std::vector<T>& values, int64_t expected, const std::string& name) {
  if (values.empty()) return;
  require(static_cast<int64_t>(values.size()) == expected,
          name + " has " + std::to_string(values.size()) + " entries, expected " + std::to_string(expected));
}

}  // namespace

ModelConfig readModelConfig(const Arguments& arguments) {
  ModelConfig config;
  config.family = static_cast<Family>(arguments.choice("family", {"llama", "mistral", "qwen2", "qwen3"}));
  config.vocabSize = arguments.integer("vocabSize");
  config.hiddenSize = arguments.integer("hiddenSize");
  config.intermediateSize = arguments.integer("intermediateSize");
  config.numLayers = arguments.integer("numLayers");
  config.numHeads = arguments.integer("numHeads");
  config.numKvHeads = arguments.integer("numKvHeads");
  config.headDim = arguments.integer("headDim");
  config.maxPositions = arguments.integer("maxPositions");
  for (const int64_t size : {config.vocabSize, config.hiddenSize, config.intermediateSize, config.numLayers,
                             config.numHeads, config.numKvHeads, config.headDim, config.maxPositions}) {
    require(size > 0 && size <= (int64_t{1} << 31), "Every size in the model's configuration must be positive");
  }
  require(config.numHeads % config.numKvHeads == 0, "numHeads must be a multiple of numKvHeads");
  require(config.headDim % 2 == 0, "headDim must be even");
  config.rmsNormEps = arguments.number("rmsNormEps");
  config.ropeTheta = arguments.number("ropeTheta");
  if (arguments.has("ropeScaling")) config.ropeScaling = readRopeScaling(arguments.object("ropeScaling"));
  config.tieWordEmbeddings = arguments.boolean("tieWordEmbeddings");
  config.qkvBias = arguments.boolean("qkvBias");
  config.outputBias = arguments.boolean("outputBias");
  config.mlpBias = arguments.boolean("mlpBias");
  return config;
}

GenerateRequest readGenerateRequest(const Arguments& arguments) {
  GenerateRequest request;
  request.prompts = arguments.ragged("prompts");
  request.numGenerations = arguments.integer("numGenerations");
  request.maxCompletionLength = arguments.integer("maxCompletionLength");
  request.sampling = {arguments.number("temperature"), arguments.numberOr("topP", 1), arguments.integerOr("topK", 0),
                      arguments.numberOr("minP", 0)};
  request.seed = static_cast<uint64_t>(arguments.integer("seed"));
  request.eosTokenIds = arguments.integers("eosTokenIds");
  request.maxBatchedTokens = arguments.integerOr("maxBatchedTokens", kDefaultBatchedTokens);
  return request;
}

TokenBatch readTokenBatch(const Arguments& arguments) {
  return {arguments.ragged("prompts"), arguments.int32Array("groupSizes"), arguments.ragged("completions")};
}

UpdateBatch readUpdateBatch(const Arguments& arguments) {
  UpdateBatch batch;
  static_cast<TokenBatch&>(batch) = readTokenBatch(arguments);
  if (arguments.has("advantages")) batch.advantages = arguments.float64Array("advantages");
  if (arguments.has("oldLogProbs")) batch.oldLogProbs = arguments.float32Array("oldLogProbs");
  if (arguments.has("refLogProbs")) batch.refLogProbs = arguments.float32Array("refLogProbs");
  if (arguments.has("mask")) batch.mask = arguments.uint8Array("mask");
  return batch;
}

UpdateOptions readUpdateOptions(const Arguments& arguments) {
  UpdateOptions options;
  options.loss.type =
      static_cast<LossType>(arguments.choice("lossType", {"grpo", "dapo", "drGrpo", "gspo", "crossEntropy"}));
  options.loss.epsilonLow = arguments.number("epsilonLow");
  options.loss.epsilonHigh = arguments.number("epsilonHigh");
  options.loss.beta = arguments.number("beta");
  options.loss.maxCompletionLength = arguments.integer("maxCompletionLength");
  options.adamW = {arguments.number("learningRate"), arguments.number("beta1"),       arguments.number("beta2"),
                   arguments.number("adamEpsilon"),  arguments.number("weightDecay"), arguments.number("maxGradNorm")};
  options.temperature = readTemperature(arguments);
  options.maxTokensPerMicroBatch = arguments.integer("maxTokensPerMicroBatch");
  options.gradientCheckpointing = arguments.boolean("gradientCheckpointing");
  return options;
}

std::vector<ProductPass> readProductPasses(const Arguments& arguments) {
  const std::vector<int32_t> rows = arguments.int32Array("rows"), headRows = arguments.int32Array("headRows");
  const std::vector<double> pairs = arguments.float64Array("pairs");
  require(rows.size() == headRows.size() && rows.size() == pairs.size(),
          "rows, headRows and pairs need one entry per pass each");
  std::vector<ProductPass> passes;
  for (size_t i = 0; i < rows.size(); ++i) {
    require(rows[i] >= 1 && headRows[i] >= 1, "rows and headRows must be at least 1 each");
    require(pairs[i] >= 0 && pairs[i] < 1e15, "pairs must be from 0 to 1e15");
    passes.push_back({rows[i], headRows[i], static_cast<int64_t>(pairs[i])});
  }
  return passes;
}

double readTemperature(const Arguments& arguments) {
  const double temperature = arguments.number("temperature");
  require(temperature >= kLeastTemperature,
          "temperature must be from 1e-38 on: a greedy distribution has no log-probabilities to learn from");
  return temperature;
}

at::Device chooseDevice(const std::string& name) {
  const bool cuda = at::hasCUDA() && static_cast<int64_t>(at::getNumGPUs()) > 0;
  if (name == "auto") return cuda ? at::Device("cuda:0") : at::Device("cpu");
  if (name == "cpu") return at::Device("cpu");
  const bool wantsCuda = name == "cuda" || (name.starts_with("cuda:") && name.size() > 5 &&
                                            name.find_first_not_of("0123456789", 5) == std::string::npos);
  const auto requireDevice = [](bool condition, const std::string& message) {
    if (!condition) throw DeviceError(message);
  };
  requireDevice(wantsCuda, "device must be auto, cpu, cuda or cuda:<number>, got " + name);
  requireDevice(cuda, "device " + name +
                          " was asked for, but this LibTorch finds no CUDA device; use cpu or auto, or install "
                          "the CUDA build of LibTorch");
  const int64_t count = static_cast<int64_t>(at::getNumGPUs());
  // Of more digits than any number of devices has, none need be read.
  const int64_t index = name == "cuda" ? 0 : name.size() > 8 ? count : std::stoll(name.substr(5));
  requireDevice(index < count,
                "there is no device " + name + "; CUDA devices are numbered 0 to " + std::to_string(count - 1));
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

void checkGenerateRequest(const GenerateRequest& request, const ModelConfig& config) {
  require(request.numGenerations > 0, "numGenerations must be at least 1");
  require(request.maxCompletionLength > 0, "maxCompletionLength must be at least 1");
  require(request.maxBatchedTokens > 0, "maxBatchedTokens must be at least 1");
  const auto& sampling = request.sampling;
  require(
      sampling.temperature == 0 || (sampling.temperature >= kLeastTemperature && std::isfinite(sampling.temperature)),
      "temperature must be 0 (greedy) or from 1e-38 on");
  require(sampling.topP > 0 && sampling.topP <= 1, "topP must be above 0 and at most 1");
  require(sampling.topK >= 0, "topK must be 0 (off) or more");
  require(sampling.minP >= 0 && sampling.minP <= 1, "minP must be between 0 and 1");
  for (const int32_t token : request.eosTokenIds) {
    require(
        token >= 0 && token < config.vocabSize,
        "eosTokenIds: " + std::to_string(token) + " is outside the vocabulary of " + std::to_string(config.vocabSize));
  }
  TokenBatch prompts;
  prompts.prompts = request.prompts;
  prompts.groupSizes.assign(request.prompts.rows(), 1);
  prompts.completions.offsets.assign(request.prompts.rows() + 1, 0);
  checkBatch(prompts, config.vocabSize, config.maxPositions);
  for (int64_t row = 0; row < request.prompts.rows(); ++row) {
    const int64_t length = request.prompts.length(row);
    require(length + request.maxCompletionLength <= config.maxPositions,
            "prompts row " + std::to_string(row) + " has " + std::to_string(length) + " tokens, which with " +
                "maxCompletionLength " + std::to_string(request.maxCompletionLength) + " is more than the " +
                std::to_string(config.maxPositions) + " the model takes");
  }
}

void checkUpdate(const UpdateBatch& batch, const UpdateOptions& options) {
  const int64_t rows = batch.completions.rows(), tokens = static_cast<int64_t>(batch.completions.values.size());
  const bool supervised = options.loss.type == LossType::CrossEntropy;
  require(supervised || static_cast<int64_t>(batch.advantages.size()) == rows,
          "advantages needs one entry per completion, " + std::to_string(rows) + ", not " +
              std::to_string(batch.advantages.size()));
  requireLength(batch.oldLogProbs, tokens, "oldLogProbs");
  requireLength(batch.refLogProbs, tokens, "refLogProbs");
  requireLength(batch.mask, rows, "mask");
  require(options.loss.beta == 0 || supervised || !batch.refLogProbs.empty() || tokens == 0,
          "beta is not 0, so refLogProbs are needed");
  require(options.loss.type != LossType::DrGrpo || options.loss.maxCompletionLength > 0,
          "drGrpo divides by maxCompletionLength, which must be at least 1");
  require(options.maxTokensPerMicroBatch > 0, "maxTokensPerMicroBatch must be at least 1");
}
