#include "native/rollout/pool_decoder.h"

#include <algorithm>

#include "native/model/index_tensor.h"

namespace foothold::rollout {
namespace {

/// Where attention's launches depend on how many keys there are, as many are taken as a multiple of this.
constexpr int64_t kKeyStride = 64;

int64_t boundFor(int64_t keys, int64_t capacity) {
  return std::min((keys + kKeyStride - 1) / kKeyStride * kKeyStride, capacity);
}

/// The parts of the tensor that is uploaded for a step of S rows and Q prompts of G rows each.
struct StepInputs {
  StepInputs(const at::Tensor& all, const StepShape& shape, int64_t groupSize) {
    int64_t used = 0;
    const auto take = [&](int64_t count) {
      used += count;
      return all.narrow(0, used - count, count);
    };
    tokens_S = take(shape.rows);
    positions_S = take(shape.rows);
    lengths_S = take(shape.rows);
    cellOfRow_S = take(shape.rows);
    rowOfCell_QG = take(shape.prompts * groupSize);
    promptLengths_Q = take(shape.prompts);
    size = used;
  }

  at::Tensor tokens_S, positions_S;
  at::Tensor lengths_S;        // tokens of the row that its pool holds already
  at::Tensor cellOfRow_S;      // a prompt's rows are the cells of a grid's row …
  at::Tensor rowOfCell_QG;     // … and empty cells repeat some row
  at::Tensor promptLengths_Q;  // at least 1
  int64_t size;
};

}  // namespace

/// Each row's own keys in the one pool, its prompt's in the other, merged by their log-sum-exp.
class PoolDecoder::StepAttention : public model::Attention {
 public:
  StepAttention(PoolDecoder& decoder, const StepShape& shape, const StepInputs& inputs)
      : d_(decoder),
        inputs_(inputs),
        rows_(shape.rows),
        prompts_(shape.prompts),
        kvHeads_(decoder.model_.config.numKvHeads),
        repeats_(decoder.model_.config.numHeads / kvHeads_),
        rowIndex_S_(at::arange(shape.rows, inputs.lengths_S.options())),
        own_(perHead(inputs.lengths_S + 1), repeats_, d_.rowPools_[0].keys.size(2), shape.rowKeys),
        prompt_(perHead(inputs.promptLengths_Q), d_.groupSize_ * repeats_, d_.promptPools_[0].keys.size(2),
                shape.promptKeys) {}

  at::Tensor attend(int64_t layer, const at::Tensor& q_SHE, const at::Tensor& k_SKE, const at::Tensor& v_SKE) override {
    append(d_.rowPools_[layer].keys, k_SKE);
    append(d_.rowPools_[layer].values, v_SKE);
    const int64_t width = q_SHE.size(2);
    const PoolPart own =
        d_.attention_.forward(q_SHE.reshape({rows_ * kvHeads_, repeats_, width}),
                              places(d_.rowPools_[layer].keys, rows_), places(d_.rowPools_[layer].values, rows_), own_);
    const PoolPart prompt = d_.attention_.forward(toGrid(q_SHE), places(d_.promptPools_[layer].keys, prompts_),
                                                  places(d_.promptPools_[layer].values, prompts_), prompt_);
    const at::Tensor ownLse_SH1 = own.logSumExp_SQ.reshape({rows_, -1, 1}),
                     promptLse_SH1 = fromGrid(prompt.logSumExp_SQ.unsqueeze(-1));
    const at::Tensor lse_SH1 = at::logaddexp(ownLse_SH1, promptLse_SH1);
    return (own.out_SQE.view(q_SHE.sizes()) * (ownLse_SH1 - lse_SH1).exp_())
        .add_(fromGrid(prompt.out_SQE) * (promptLse_SH1 - lse_SH1).exp_())
        .to(q_SHE.scalar_type());
  }

 private:
  /// [S] → [S·K]
  at::Tensor perHead(const at::Tensor& x_S) const { return x_S.unsqueeze(1).expand({-1, kvHeads_}).reshape({-1}); }

  /// The first places of a pool, head by head: [count·K, tokens, E].
  static at::Tensor places(const at::Tensor& pool, int64_t count) { return pool.narrow(0, 0, count).flatten(0, 1); }

  void append(at::Tensor& pool, const at::Tensor& x_SKE) const {
    pool.index_put_({rowIndex_S_, at::indexing::Slice(), inputs_.lengths_S}, x_SKE);
  }

  /// [S, H, E] → [Q·K, G·R, E]
  at::Tensor toGrid(const at::Tensor& x_SHE) const {
    return x_SHE.index_select(0, inputs_.rowOfCell_QG)
        .view({prompts_, d_.groupSize_, kvHeads_, repeats_, x_SHE.size(2)})
        .transpose(1, 2)
        .reshape({prompts_ * kvHeads_, d_.groupSize_ * repeats_, x_SHE.size(2)});
  }
  /// [Q·K, G·R, …] → [S, H, …]
  at::Tensor fromGrid(const at::Tensor& x) const {
    return x.reshape({prompts_, kvHeads_, d_.groupSize_, repeats_, -1})
        .transpose(1, 2)
        .reshape({prompts_ * d_.groupSize_, kvHeads_ * repeats_, -1})
        .index_select(0, inputs_.cellOfRow_S);
  }

  PoolDecoder& d_;
  const StepInputs& inputs_;
  int64_t rows_, prompts_, kvHeads_, repeats_;
  at::Tensor rowIndex_S_;
  PoolSequences own_, prompt_;
};

PoolDecoder::PoolDecoder(const model::Model& model, const CacheShape& shape, GraphMemory& memory)
    : model_(model),
      groupSize_(shape.groupSize),
      rowPools_(makePools(shape.slots, shape.slotLength)),
      promptPools_(makePools(shape.prompts, shape.promptLength)),
      rows_(shape.slots),
      prompts_(shape.prompts),
      promptLengths_(shape.prompts, 1),
      attention_(poolAttentionFor(model.weights.embedding.options(), model.config.headDim)),
      inputs_(at::zeros({4 * shape.slots + shape.prompts * (shape.groupSize + 1)},
                        model.weights.embedding.options().dtype(at::kLong))),
      graphs_(model.weights.embedding.device(), memory) {}

std::vector<PoolDecoder::Pool> PoolDecoder::makePools(int64_t places, int64_t tokens) const {
  const auto make = [&] {
    // Zeros, since what no key is written to still takes part in products, with a weight of zero.
    return at::zeros({places, model_.config.numKvHeads, tokens, model_.config.headDim},
                     model_.weights.embedding.options());
  };
  std::vector<Pool> pools;
  for (int64_t layer = 0; layer < model_.config.numLayers; ++layer) pools.push_back({make(), make()});
  return pools;
}

void PoolDecoder::Pool::move(int64_t from, int64_t to) {
  keys[to].copy_(keys[from]);
  values[to].copy_(values[from]);
}

void PoolDecoder::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  if (!prompts_.holds(group)) prompts_.take(group);
  const int64_t place = prompts_.of(group), length = k_PKE.size(0);
  promptLengths_[place] = length;
  promptPools_[layer].keys[place].narrow(1, 0, length).copy_(k_PKE.transpose(0, 1));
  promptPools_[layer].values[place].narrow(1, 0, length).copy_(v_PKE.transpose(0, 1));
}

/// Rows that run no more lose their places, new ones get some, and what lies behind the first places moves there.
void PoolDecoder::arrange(const std::vector<CacheRow>& rows) {
  std::vector<int64_t> slots;
  for (const CacheRow& row : rows) slots.push_back(row.slot);
  rows_.keepOnly(slots);
  for (const int64_t slot : slots) {
    if (!rows_.holds(slot)) rows_.take(slot);
  }
  for (const auto& [from, to] : rows_.moveBelow(placesFor(rows_.count(), rows_.capacity()))) {
    for (Pool& pool : rowPools_) pool.move(from, to);
  }
  for (const auto& [from, to] : prompts_.moveBelow(placesFor(prompts_.count(), prompts_.capacity()))) {
    for (Pool& pool : promptPools_) pool.move(from, to);
    promptLengths_[to] = promptLengths_[from];
  }
}

StepShape PoolDecoder::shapeOf(const std::vector<CacheRow>& rows) const {
  StepShape shape;
  shape.rows = placesFor(rows_.count(), rows_.capacity());
  shape.prompts = placesFor(prompts_.count(), prompts_.capacity());
  shape.rowKeys = rowPools_[0].keys.size(2);
  shape.promptKeys = promptPools_[0].keys.size(2);
  if (!attention_.needsBound()) return shape;
  int64_t longestRow = 1, longestPrompt = 1;
  for (const CacheRow& row : rows) {
    longestRow = std::max(longestRow, row.length + 1);
    longestPrompt = std::max(longestPrompt, promptLengths_[prompts_.of(row.group)]);
  }
  shape.rowKeys = boundFor(longestRow, shape.rowKeys);
  shape.promptKeys = boundFor(longestPrompt, shape.promptKeys);
  return shape;
}

void PoolDecoder::upload(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                         const std::vector<int64_t>& positions, const StepShape& shape) {
  // Places without a row or prompt compute something all the same: token 0 at position 0 of a prompt of one token.
  const at::Tensor host = at::zeros(inputs_.sizes(), at::kLong);
  const StepInputs inputs(host, shape, groupSize_);
  const auto values = [](const at::Tensor& tensor) { return tensor.mutable_data_ptr<int64_t>(); };
  int64_t *latest = values(inputs.tokens_S), *places = values(inputs.positions_S), *lengths = values(inputs.lengths_S),
          *cellOfRow = values(inputs.cellOfRow_S), *rowOfCell = values(inputs.rowOfCell_QG),
          *promptLengths = values(inputs.promptLengths_Q);
  std::fill_n(promptLengths, shape.prompts, 1);
  std::vector<int64_t> cells(shape.prompts, 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    const CacheRow& row = rows[i];
    const int64_t place = rows_.of(row.slot), prompt = prompts_.of(row.group);
    const int64_t cell = prompt * groupSize_ + cells[prompt]++;
    latest[place] = tokens[i];
    places[place] = positions[i];
    lengths[place] = row.length;
    cellOfRow[place] = cell;
    rowOfCell[cell] = place;
    promptLengths[prompt] = promptLengths_[prompt];
  }
  inputs_.narrow(0, 0, inputs.size).copy_(host.narrow(0, 0, inputs.size));
}

at::Tensor PoolDecoder::step(const StepShape& shape) {
  const StepInputs inputs(inputs_, shape, groupSize_);
  StepAttention attention(*this, shape, inputs);
  return model_.weights.head(model::hiddenStates(model_, inputs.tokens_S, inputs.positions_S, attention));
}

at::Tensor PoolDecoder::logits(const std::vector<CacheRow>& rows, const std::vector<int64_t>& tokens,
                               const std::vector<int64_t>& positions) {
  arrange(rows);
  const StepShape shape = shapeOf(rows);
  upload(rows, tokens, positions, shape);
  const at::Tensor logits_SV = graphs_.run(shape, [&] { return step(shape); });
  std::vector<int64_t> places;
  for (const CacheRow& row : rows) places.push_back(rows_.of(row.slot));
  return logits_SV.index_select(0, model::indexTensor(places, logits_SV.device()));
}

}  // namespace foothold::rollout
