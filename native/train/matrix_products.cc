#include "native/train/matrix_products.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>

namespace foothold::train {
namespace {

using model::Linear;

/// The output layer is taken in parts of so many rows, so that a large vocabulary's logits fit in memory.
constexpr int64_t kHeadRows = 512;

/// Attention's products are done for blocks of so many query and key tokens.
constexpr int64_t kBlockQueries = 64;
constexpr int64_t kBlockKeys = 512;

/// The products of attention for one block, whose values are random: q and dout [K, R·T, E], k and v [K, S, E], scores
/// and their gradients [K, R·T, S].
struct AttentionBlock {
  at::Tensor queries, keys, scores;

  AttentionBlock(const model::ModelConfig& config, const at::TensorOptions& options) {
    const int64_t folded = config.numHeads / config.numKvHeads * kBlockQueries;
    queries = at::randn({config.numKvHeads, folded, config.headDim}, options);
    keys = at::randn({config.numKvHeads, kBlockKeys, config.headDim}, options);
    scores = at::randn({config.numKvHeads, folded, kBlockKeys}, options);
  }

  void multiply(bool backward) const {
    at::bmm(queries, keys.transpose(1, 2));  // scores
    at::bmm(scores, keys);                   // output
    if (!backward) return;
    at::bmm(queries, keys.transpose(1, 2));    // scores again
    at::bmm(queries, keys.transpose(1, 2));    // gradient of the probabilities
    at::bmm(scores.transpose(1, 2), queries);  // of the values
    at::bmm(scores, keys);                     // of the queries
    at::bmm(scores.transpose(1, 2), queries);  // of the keys
  }
};

/// The products of one model, on random activations made beforehand.
class Products {
 public:
  Products(Policy& policy, int64_t rows, bool backward)
      : policy_(policy),
        rows_(rows),
        backward_(backward),
        block_(policy.model.config, policy.model.weights.embedding.options().requires_grad(false)) {
    const model::ModelConfig& config = policy.model.config;
    hidden_ = activations(config.hiddenSize);
    attended_ = activations(config.querySize());
    inner_ = activations(config.intermediateSize);
    if (!backward) return;
    gradients_ = at::randn({rows * widestOutput()}, hidden_.options().requires_grad(false));
    headGradients_ = at::randn({std::min(rows, kHeadRows) * config.vocabSize}, gradients_.options());
  }

  double run(const ProductPass& pass) const {
    const int64_t blocks = (pass.pairs + kBlockQueries * kBlockKeys / 2) / (kBlockQueries * kBlockKeys);
    const bool decoding = pass.rows == pass.headRows;
    const auto begin = std::chrono::steady_clock::now();
    const auto& layers = policy_.model.weights.layers;
    for (const model::LayerWeights& layer : layers) {
      // Behind its attention the last layer is computed for those rows only that go on to the output layer.
      const int64_t rows = &layer == &layers.back() ? pass.headRows : pass.rows;
      multiply(layer.qkv, hidden_.narrow(0, 0, pass.rows), gradients_, decoding);
      multiply(layer.output, attended_.narrow(0, 0, rows), gradients_, decoding);
      multiply(layer.gateUp, hidden_.narrow(0, 0, rows), gradients_, decoding);
      multiply(layer.down, inner_.narrow(0, 0, rows), gradients_, decoding);
      for (int64_t done = 0; done < blocks; ++done) block_.multiply(backward_);
    }
    at::Tensor last;
    for (int64_t row = 0; row < pass.headRows; row += kHeadRows) {
      const int64_t count = std::min(kHeadRows, pass.headRows - row);
      last = multiply(policy_.model.weights.head, hidden_.narrow(0, row, count), headGradients_, decoding);
    }
    // Reading a value waits for a device that computes asynchronously.
    if (last.defined()) last.flatten()[0].item<float>();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

 private:
  at::Tensor activations(int64_t width) const {
    return at::randn({rows_, width}, policy_.model.weights.embedding.options()).requires_grad_(backward_);
  }

  int64_t widestOutput() const {
    const model::LayerWeights& layer = policy_.model.weights.layers.front();
    return std::max({layer.qkv.weight.size(0), layer.output.weight.size(0), layer.gateUp.weight.size(0)});
  }

  /// `decoding`: every row goes on to the output layer.
  at::Tensor multiply(const Linear& linear, const at::Tensor& x, const at::Tensor& gradients, bool decoding) const {
    if (!backward_) return decoding ? model::multiplyFewRows(linear, x) : linear(x);
    const at::Tensor y = linear(x);
    const at::Tensor dy = gradients.narrow(0, 0, y.numel()).view(y.sizes());
    return torch::autograd::grad({y}, {x, linear.weight}, {dy}).back();
  }

  const Policy& policy_;
  int64_t rows_;
  bool backward_;
  AttentionBlock block_;
  at::Tensor hidden_, attended_, inner_;  // inputs [rows, width] of the layers
  at::Tensor gradients_, headGradients_;  // of the outputs, as many values as the largest has
};

}  // namespace

std::vector<double> timeProducts(Policy& policy, const std::vector<ProductPass>& passes, bool backward,
                                 const Progress& progress) {
  int64_t rows = 0;
  for (const ProductPass& pass : passes) rows = std::max({rows, pass.rows, pass.headRows});
  const at::AutoGradMode mode(backward);
  const Products products(policy, rows, backward);
  std::vector<double> seconds;
  for (const ProductPass& pass : passes) {
    progress.check();
    seconds.push_back(products.run(pass));
  }
  return seconds;
}

}  // namespace foothold::train
