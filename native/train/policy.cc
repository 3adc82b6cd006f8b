#include "native/train/policy.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <numeric>

#include "native/train/head.h"

namespace foothold::train {
namespace {

/// Training and scoring see whole packed sequences.
class PackedAttention : public model::Attention {
 public:
  explicit PackedAttention(c10::intrusive_ptr<model::PackedLayout> layout) : layout_(std::move(layout)) {}
  at::Tensor attend(int64_t, const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE) override {
    return model::groupAttention(q_NHE, k_NKE, v_NKE, layout_);
  }

 private:
  c10::intrusive_ptr<model::PackedLayout> layout_;
};

model::Weights placed(const model::Weights& weights, const at::Device& device) {
  return device.is_cpu() ? weights : model::convertWeights(weights, at::TensorOptions(device));
}

/// The weights that compute: the masters themselves in float32, their rounding in bfloat16.
model::Weights trainable(const model::Weights& masters, at::ScalarType type) {
  model::Weights weights = type == at::kFloat ? masters : model::convertWeights(masters, at::TensorOptions(type));
  for (model::NamedParameter& parameter : model::namedParameters(weights)) parameter.value.requires_grad_();
  return weights;
}

std::vector<int64_t> trainedRows(const UpdateBatch& batch) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < batch.completions.rows(); ++row) {
    if ((batch.mask.empty() || batch.mask[row]) && batch.completions.length(row) > 0) rows.push_back(row);
  }
  return rows;
}

/// The parameter that is the output layer: the embedding itself when they are tied.
size_t headParameter(const Policy& policy) {
  return policy.model.config.tieWordEmbeddings ? 0 : policy.optimizer.parameters().size() - 1;
}

/// dL/dlogp of the tokens [begin, end) of a packed part, whose rows lie one after another.
void tokenDerivatives(PolicyLoss& loss, const PackedBatch& packed, int64_t begin, const TokenStats& stats,
                      std::vector<float>& derivatives) {
  auto place = std::upper_bound(packed.rowOffsets.begin(), packed.rowOffsets.end(), begin) - 1;
  for (size_t i = 0; i < derivatives.size(); ++i) {
    const int64_t token = begin + static_cast<int64_t>(i);
    while (token >= *(place + 1)) ++place;
    const int64_t row = packed.rows[place - packed.rowOffsets.begin()];
    derivatives[i] = static_cast<float>(loss.derivative(row, token - *place, stats.logProbs[i], stats.entropies[i]));
  }
}

void backwardPart(Policy& policy, const PackedBatch& packed, const UpdateOptions& options, PolicyLoss& loss) {
  PackedAttention attention(packed.layout);
  at::AutoGradMode withGrad(true);
  const at::Tensor hidden_CD = model::hiddenStates(policy.model, packed.tokens_N, packed.positions_N, attention,
                                                   packed.predictors_C, options.gradientCheckpointing);
  const Head head(hidden_CD.detach(), policy.model.weights.head, packed.targets_C, options.temperature);
  if (loss.needsWholeRows()) {
    const TokenStats stats = head.forward();
    for (size_t i = 0; i < packed.rows.size(); ++i) {
      loss.setSequence(packed.rows[i], stats.logProbs.data() + packed.rowOffsets[i]);
    }
  }
  const at::Tensor dhidden_CD =
      head.backward([&](int64_t begin, const TokenStats& stats,
                        std::vector<float>& derivatives) { tokenDerivatives(loss, packed, begin, stats, derivatives); },
                    policy.optimizer.gradient(headParameter(policy)));
  hidden_CD.backward(dhidden_CD);
  policy.optimizer.collectGradients();
}

/// Gradient of the whole batch, part by part.
void accumulateGradients(Policy& policy, const UpdateBatch& batch, const std::vector<int64_t>& rows,
                         const UpdateOptions& options, PolicyLoss& loss, UpdateMetrics& metrics,
                         const Progress& progress) {
  int64_t done = 0;
  for (const auto& part : cutByTokens(batch, rows, options.maxTokensPerMicroBatch)) {
    const PackedBatch packed = pack(batch, part, policy.device);
    backwardPart(policy, packed, options, loss);
    done += packed.rowOffsets.back();
    ++metrics.numMicroBatches;
    progress.advance(done, loss.numTokens());
  }
}

void fillMetrics(UpdateMetrics& metrics, const PolicyLoss& loss, LossType type) {
  const LossTotals& totals = loss.totals();
  const double tokens = static_cast<double>(loss.numTokens());
  const double clipUnits = type == LossType::Gspo ? static_cast<double>(loss.numSequences()) : tokens;
  metrics.loss = totals.loss;
  metrics.entropy = totals.entropy / tokens;
  metrics.kl = totals.kl / tokens;
  metrics.clipRatioLow = totals.clippedLow / clipUnits;
  metrics.clipRatioHigh = totals.clippedHigh / clipUnits;
  metrics.numTokens = loss.numTokens();
}

}  // namespace

Policy::Policy(const model::ModelConfig& config, const model::Weights& weights, const at::Device& device,
               at::ScalarType type)
    : Policy(config, placed(weights, device), type, device) {}

Policy::Policy(const model::ModelConfig& config, const model::Weights& masters, at::ScalarType type,
               const at::Device& device)
    : device(device),
      stream(device),
      model{config, trainable(masters, type), model::Rope(config, masters.ropeFactors, device)},
      optimizer(model::namedParameters(model.weights), model::namedParameters(masters)) {}

at::Tensor parameter(const Policy& policy, const std::string& name) {
  for (const model::NamedView& view : model::namedViews(policy.model.config, policy.model.weights)) {
    if (view.huggingFace != name) continue;
    for (size_t i = 0; i < policy.optimizer.parameters().size(); ++i) {
      // The view lies in its fused parameter as it does in that parameter's master.
      if (!view.view.is_alias_of(policy.optimizer.parameters()[i].value)) continue;
      return policy.optimizer.master(i)
          .as_strided(view.view.sizes(), view.view.strides(), view.view.storage_offset())
          .to(at::kCPU)
          .contiguous();
    }
  }
  return {};
}

std::vector<float> logProbs(Policy& policy, const TokenBatch& batch, double temperature, int64_t maxTokens,
                            const Progress& progress) {
  at::NoGradGuard noGrad;
  std::vector<float> result(batch.completions.values.size());
  std::vector<int64_t> rows(batch.completions.rows());
  std::iota(rows.begin(), rows.end(), 0);
  for (const auto& part : cutByTokens(batch, rows, maxTokens)) {
    progress.check();
    const PackedBatch packed = pack(batch, part, policy.device);
    PackedAttention attention(packed.layout);
    const at::Tensor hidden_CD =
        model::hiddenStates(policy.model, packed.tokens_N, packed.positions_N, attention, packed.predictors_C);
    const TokenStats stats = Head(hidden_CD, policy.model.weights.head, packed.targets_C, temperature).forward();
    for (size_t i = 0; i < packed.rows.size(); ++i) {
      std::copy(stats.logProbs.begin() + packed.rowOffsets[i], stats.logProbs.begin() + packed.rowOffsets[i + 1],
                result.begin() + batch.completions.offsets[packed.rows[i]]);
    }
  }
  return result;
}

at::Tensor logits(Policy& policy, const std::vector<int32_t>& tokens) {
  at::NoGradGuard noGrad;
  TokenBatch batch;
  batch.prompts.values = tokens;
  batch.prompts.offsets.push_back(static_cast<int32_t>(tokens.size()));
  const PackedBatch packed = pack(batch, {{0, {}}}, policy.device);
  PackedAttention attention(packed.layout);
  const at::Tensor hidden_ND = model::hiddenStates(policy.model, packed.tokens_N, packed.positions_N, attention);
  return policy.model.weights.head(hidden_ND).to(at::kCPU, at::kFloat).contiguous();
}

UpdateMetrics update(Policy& policy, const UpdateBatch& batch, const UpdateOptions& options, const Progress& progress) {
  const std::vector<int64_t> rows = trainedRows(batch);
  UpdateMetrics metrics;
  if (rows.empty()) {
    metrics.skipped = UpdateMetrics::Skipped::Masked;
    return metrics;
  }
  const LossInputs inputs{batch.completions.offsets.data(), &batch.advantages,
                          batch.oldLogProbs.empty() ? nullptr : batch.oldLogProbs.data(),
                          batch.refLogProbs.empty() ? nullptr : batch.refLogProbs.data()};
  PolicyLoss loss(options.loss, inputs, rows);
  try {
    accumulateGradients(policy, batch, rows, options, loss, metrics, progress);
    fillMetrics(metrics, loss, options.loss.type);
    metrics.gradNorm = policy.optimizer.gradientNorm();
    if (!std::isfinite(metrics.loss) || !std::isfinite(metrics.gradNorm)) {
      policy.optimizer.clearGradients();
      metrics.skipped = UpdateMetrics::Skipped::NonFinite;
      return metrics;
    }
    policy.readers.waitUntilNone(progress);
    progress.check();
    policy.optimizer.step(options.adamW, metrics.gradNorm);
  } catch (...) {
    policy.optimizer.clearGradients();
    throw;
  }
  return metrics;
}

}  // namespace foothold::train
