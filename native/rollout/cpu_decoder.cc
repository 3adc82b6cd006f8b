#include "native/rollout/cpu_decoder.h"

#include <algorithm>

#include "native/model/kernels.h"
#include "native/model/row_products.h"
#include "native/rollout/team.h"

namespace foothold::rollout {
namespace {

namespace kernels = model::kernels;

/// Shares of a product for each thread: several, since threads are not equally fast.
constexpr int64_t kPiecesPerThread = 8;

const float* read(const at::Tensor& tensor) { return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr; }
float* write(const at::Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }

}  // namespace

/// The phases of one step, gone through by every thread of a team. The operations are those of model/transformer.cc.
class CpuDecoder::Step {
 public:
  Step(CpuDecoder& decoder, const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
       const std::vector<int64_t>& positions)
      : d_(decoder),
        config_(decoder.model_.config),
        rows_(rows),
        tokens_(tokens),
        count_(static_cast<int64_t>(rows.size())),
        tasks_(decoder.cache_.makeTasks(rows)),
        angles_(decoder.model_.rope.at(at::tensor(positions, at::kLong))) {}

  void run(Team& team) const {
    embed(team);
    const auto& weights = d_.model_.weights;
    for (size_t i = 0; i < weights.layers.size(); ++i) {
      const model::LayerWeights& layer = weights.layers[i];
      normalise(team, layer.inputNorm);
      multiply(team, layer.qkv, d_.normalised_BD, d_.qkv_B, /*add=*/false);
      attend(team, layer, static_cast<int64_t>(i));
      multiply(team, layer.output, d_.heads_B, d_.x_BD, /*add=*/true);
      normalise(team, layer.postAttentionNorm);
      feedForward(team, layer.gateUp);
      multiply(team, layer.down, d_.inner_BF, d_.x_BD, /*add=*/true);
    }
    normalise(team, weights.finalNorm);
    multiply(team, weights.head, d_.normalised_BD, d_.logits_BV, /*add=*/false);
  }

 private:
  void embed(Team& team) const {
    const int64_t width = config_.hiddenSize;
    const float* embedding = read(d_.model_.weights.embedding);
    team.share(count_, rowsAtOnce(team), [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        std::copy_n(embedding + tokens_[b] * width, width, write(d_.x_BD) + b * width);
      }
    });
  }

  void normalise(Team& team, const at::Tensor& weight) const {
    const int64_t width = config_.hiddenSize;
    const float eps = static_cast<float>(config_.rmsNormEps);
    team.share(count_, rowsAtOnce(team), [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        kernels::rmsNormRow(read(d_.x_BD) + b * width, read(weight), write(d_.normalised_BD) + b * width, width, eps);
      }
    });
  }

  kernels::RowProduct product(const model::Linear& linear, const at::Tensor& x, const at::Tensor& y, bool add) const {
    return {read(x), count_, x.size(1), read(linear.weight), read(linear.bias), write(y), y.size(1), add};
  }

  void multiply(Team& team, const model::Linear& linear, const at::Tensor& x, const at::Tensor& y, bool add) const {
    const kernels::RowProduct whole = product(linear, x, y, add);
    const int64_t columns = linear.weight.size(0);
    team.share(columns, columnsAtOnce(team, columns),
               [&](int64_t begin, int64_t end) { kernels::multiplyRows(whole, begin, end); });
  }

  void attend(Team& team, const model::LayerWeights& layer, int64_t index) const {
    const int64_t queries = config_.querySize(), keys = config_.kvSize();
    const CpuCache::Inputs inputs{read(d_.rotated_B), read(d_.rotated_B) + queries, read(d_.qkv_B) + queries + keys,
                                  d_.qkv_B.size(1)};
    team.share(static_cast<int64_t>(tasks_.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        rotate(tasks_[t], layer);
        d_.cache_.attend(index, rows_, tasks_[t], inputs, write(d_.heads_B));
      }
    });
  }

  /// The task's heads of queries and keys, normalised where the model does so, to where they are attended with.
  void rotate(const CpuCache::Task& task, const model::LayerWeights& layer) const {
    const int64_t repeats = config_.numHeads / config_.numKvHeads;
    for (int64_t b = task.begin; b < task.end; ++b) {
      for (int64_t h = task.kvHead * repeats; h < (task.kvHead + 1) * repeats; ++h) rotateHead(b, h, layer.qNorm);
      rotateHead(b, config_.numHeads + task.kvHead, layer.kNorm);
    }
  }

  void rotateHead(int64_t row, int64_t head, const at::Tensor& norm) const {
    const int64_t width = config_.headDim, half = width / 2;
    const int64_t offset = row * d_.qkv_B.size(1) + head * width;
    float *from = write(d_.qkv_B) + offset, *to = write(d_.rotated_B) + offset;
    if (norm.defined()) {
      kernels::rmsNormRow(from, read(norm), to, width, static_cast<float>(config_.rmsNormEps));
      std::copy_n(to, width, from);
    }
    kernels::rotateHead(from, read(angles_.cos_TE) + row * half, read(angles_.sin_TE) + row * half, to, half);
  }

  void feedForward(Team& team, const model::Linear& gateUp) const {
    const int64_t width = config_.intermediateSize, atOnce = columnsAtOnce(team, width);
    team.share(width, atOnce, [&](int64_t begin, int64_t end) {
      thread_local std::vector<float> gate, up;
      const int64_t columns = end - begin;
      gate.resize(count_ * columns);
      up.resize(count_ * columns);
      multiplyPart(gateUp, begin, columns, gate);
      multiplyPart(gateUp, width + begin, columns, up);
      for (int64_t b = 0; b < count_; ++b) {
        kernels::swiGluRow(&gate[b * columns], &up[b * columns], write(d_.inner_BF) + b * width + begin, columns);
      }
    });
  }

  /// Some columns of a product as a matrix of their own.
  void multiplyPart(const model::Linear& linear, int64_t first, int64_t columns, std::vector<float>& to) const {
    kernels::RowProduct part = product(linear, d_.normalised_BD, d_.inner_BF, /*add=*/false);
    part.weight += first * part.width;
    if (part.bias) part.bias += first;
    part.y = to.data();
    part.yStride = columns;
    kernels::multiplyRows(part, 0, columns);
  }

  int64_t rowsAtOnce(const Team& team) const { return std::max<int64_t>(1, count_ / team.size()); }

  static int64_t columnsAtOnce(const Team& team, int64_t columns) {
    const int64_t share = columns / (team.size() * kPiecesPerThread);
    return std::max<int64_t>(share / kernels::kColumnTile, 2) * kernels::kColumnTile;
  }

  CpuDecoder& d_;
  const model::ModelConfig& config_;
  const std::vector<CacheRow>& rows_;
  const std::vector<int64_t>& tokens_;
  int64_t count_;
  std::vector<CpuCache::Task> tasks_;
  model::Rope::Angles angles_;
};

CpuDecoder::CpuDecoder(const model::Model& model, const CacheShape& shape)
    : model_(model), cache_(model.config, shape) {
  const model::ModelConfig& config = model.config;
  const auto rows = [&](int64_t width) { return at::empty({shape.slots, width}, at::kFloat); };
  x_BD = rows(config.hiddenSize);
  normalised_BD = rows(config.hiddenSize);
  qkv_B = rows(config.querySize() + 2 * config.kvSize());
  rotated_B = rows(config.querySize() + 2 * config.kvSize());
  heads_B = rows(config.querySize());
  inner_BF = rows(config.intermediateSize);
  logits_BV = rows(config.vocabSize);
}

void CpuDecoder::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  cache_.addPrompt(group, layer, k_PKE, v_PKE);
}

void CpuDecoder::dropPrompt(int64_t group) { cache_.dropPrompt(group); }

at::Tensor CpuDecoder::logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                              const std::vector<int64_t>& positions) {
  const Step step(*this, rows, tokens, positions);
  Team::run([&](Team& team) { step.run(team); });
  return logits_BV.narrow(0, 0, static_cast<int64_t>(rows.size()));
}

}  // namespace foothold::rollout
