#include "native/rollout/cpu_cache.h"

#include <algorithm>
#include <cmath>

#include "native/model/attention_kernels.h"
#include "native/model/kernels.h"

namespace foothold::rollout {
namespace {

namespace kernels = model::kernels;

/// Rows of a group that one task takes: enough to reuse a key block, few enough to share the work out.
constexpr int64_t kRowsPerTask = 8;

/// Keys, or values, of a prompt that are worked on at once: 16 KiB at a head width of 64. A multiple of kKeyBlock.
constexpr int64_t kKeysAtOnce = 64;

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Memory that will be read next, asked for part by part while something else is computed.
class Fetch {
 public:
  Fetch(const float* begin, int64_t count, int64_t parts)
      : next_(reinterpret_cast<const char*>(begin)),
        end_(begin ? next_ + count * static_cast<int64_t>(sizeof(float)) : next_),
        partSize_(roundUp((end_ - next_) / parts + 1, kLine)) {}

  void part() {
    const int64_t count = std::min<int64_t>(partSize_, end_ - next_);
    for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(next_ + i, 0, 2);
    next_ += count;
  }

 private:
  static constexpr int64_t kLine = 64;  // bytes of a cache line
  const char *next_, *end_;
  int64_t partSize_;
};

}  // namespace

CpuCache::CpuCache(const model::ModelConfig& config, const CacheShape& shape)
    : heads_(config.numHeads),
      kvHeads_(config.numKvHeads),
      width_(config.headDim),
      slotCapacity_(roundUp(std::max<int64_t>(shape.slotLength, 1), kernels::kKeyBlock)),
      prompts_(shape.groups) {
  for (auto& prompt : prompts_) prompt.resize(config.numLayers);
  for (int64_t layer = 0; layer < config.numLayers; ++layer) {
    // Untouched memory costs nothing: the system gives pages when rows grow into them.
    slotKeys_.push_back(
        at::empty({shape.slots, kvHeads_, slotCapacity_ / kernels::kKeyBlock, width_, kernels::kKeyBlock}, at::kFloat));
    slotValues_.push_back(at::empty({shape.slots, kvHeads_, slotCapacity_, width_}, at::kFloat));
  }
}

void CpuCache::addPrompt(int64_t group, int64_t layer, const at::Tensor& k_PKE, const at::Tensor& v_PKE) {
  const int64_t length = k_PKE.size(0);
  Block& block = prompts_[group][layer];
  block.length = length;
  const int64_t blocks = roundUp(length, kernels::kKeyBlock) / kernels::kKeyBlock;
  const at::Tensor padded_SKE = at::zeros({blocks * kernels::kKeyBlock, kvHeads_, width_}, at::kFloat);
  padded_SKE.narrow(0, 0, length).copy_(k_PKE);
  block.keys = padded_SKE.view({blocks, kernels::kKeyBlock, kvHeads_, width_}).permute({2, 0, 3, 1}).contiguous();
  block.values_KSE = v_PKE.transpose(0, 1).contiguous();
}

void CpuCache::dropPrompt(int64_t group) {
  for (Block& block : prompts_[group]) block = Block();
}

const float* CpuCache::slotKeys(int64_t layer, int64_t slot, int64_t kvHead) const {
  return slotKeys_[layer].const_data_ptr<float>() + (slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
}

const float* CpuCache::slotValues(int64_t layer, int64_t slot, int64_t kvHead) const {
  return slotValues_[layer].const_data_ptr<float>() + (slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
}

std::vector<CpuCache::Task> CpuCache::makeTasks(const std::vector<CacheRow>& rows) const {
  std::vector<Task> tasks;
  const int64_t count = static_cast<int64_t>(rows.size());
  for (int64_t begin = 0; begin < count;) {
    int64_t end = begin;
    while (end < count && end - begin < kRowsPerTask && rows[end].group == rows[begin].group) ++end;
    for (int64_t kvHead = 0; kvHead < kvHeads_; ++kvHead) tasks.push_back({begin, end, kvHead});
    begin = end;
  }
  return tasks;
}

void CpuCache::append(int64_t layer, const CacheRow& row, int64_t kvHead, const float* key, const float* value) {
  float* keys = slotKeys_[layer].mutable_data_ptr<float>() + (row.slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
  float* values =
      slotValues_[layer].mutable_data_ptr<float>() + (row.slot * kvHeads_ + kvHead) * width_ * slotCapacity_;
  const int64_t lane = row.length % kernels::kKeyBlock;
  keys += (row.length - lane) * width_ + lane;
  for (int64_t e = 0; e < width_; ++e) keys[e * kernels::kKeyBlock] = key[e];
  std::copy_n(value, width_, values + row.length * width_);
}

/// One task of one layer: scores of all its queries over the prompt, each row's over its own tokens behind them, one
/// softmax over both, then the values of both. The prompt is taken in pieces that stay in the first-level cache while
/// every query uses them; what is needed next is fetched meanwhile.
class CpuCache::Attending {
 public:
  Attending(const CpuCache& cache, int64_t layer, const std::vector<CacheRow>& rows, const Task& task)
      : c_(cache),
        layer_(layer),
        rows_(&rows[task.begin]),
        kvHead_(task.kvHead),
        prompt_(cache.prompts_[rows[task.begin].group][layer]),
        repeats_(cache.heads_ / cache.kvHeads_),
        rowQueries_(roundUp(repeats_, kTile)),
        queries_((task.end - task.begin) * rowQueries_),
        promptStride_(roundUp(prompt_.length, kernels::kKeyBlock)),
        stride_(promptStride_ + roundUp(longestOwn(rows, task), kernels::kKeyBlock)),
        promptKeys_(prompt_.keys.const_data_ptr<float>() + kvHead_ * cache.width_ * promptStride_),
        promptValues_(prompt_.values_KSE.const_data_ptr<float>() + kvHead_ * prompt_.length * cache.width_) {
    scores_.resize(queries_ * stride_);
    weightSums_.resize(queries_);
    sums_.assign(queries_ * cache.width_, 0.0f);
  }

  /// q, out: of the task's first row and first head.
  void run(const float* q, int64_t qStride, float* out, int64_t outStride) const {
    gatherQueries(q, qStride);
    overPrompt(promptKeys_, ownKeys(0), [&](int64_t i, int64_t start, int64_t count) {
      kernels::scoreTile(&query_[i * c_.width_], promptKeys_ + start * c_.width_, c_.width_, count,
                         &scores_[i * stride_ + start], stride_);
    });
    for (int64_t i = 0; i < queries_; i += kTile) scoreOwn(i);
    overPrompt(promptValues_, nullptr, [&](int64_t i, int64_t start, int64_t count) {
      kernels::sumTile({&scores_[i * stride_ + start], stride_, 1}, {promptValues_ + start * c_.width_, c_.width_},
                       c_.width_, count, {&sums_[i * c_.width_], c_.width_});
    });
    for (int64_t i = 0; i < queries_; i += kTile) sumOwn(i, out, outStride);
  }

 private:
  static constexpr int64_t kTile = kernels::kQueryTile;

  static int64_t longestOwn(const std::vector<CacheRow>& rows, const Task& task) {
    int64_t longest = 0;
    for (int64_t b = task.begin; b < task.end; ++b) longest = std::max(longest, rows[b].length + 1);
    return longest;
  }

  const float* ownKeys(int64_t row) const { return c_.slotKeys(layer_, rows_[row].slot, kvHead_); }
  const float* ownValues(int64_t row) const { return c_.slotValues(layer_, rows_[row].slot, kvHead_); }
  int64_t ownLength(int64_t row) const { return rows_[row].length + 1; }

  /// Scaled, each row's padded with zeros to whole tiles.
  void gatherQueries(const float* q, int64_t qStride) const {
    const float scale = 1.0f / std::sqrt(static_cast<float>(c_.width_));
    query_.assign(queries_ * c_.width_, 0.0f);
    for (int64_t row = 0; row < queries_ / rowQueries_; ++row) {
      float* to = &query_[row * rowQueries_ * c_.width_];
      for (int64_t i = 0; i < repeats_ * c_.width_; ++i) to[i] = q[row * qStride + i] * scale;
    }
  }

  /// piece(query, start, count) for all tiles of queries and pieces of the prompt, of which `memory` will be read: keys
  /// or values; afterwards some of `then`.
  template <typename Piece>
  void overPrompt(const float* memory, const float* then, const Piece& piece) const {
    for (int64_t start = 0; start < prompt_.length; start += kKeysAtOnce) {
      const bool last = start + kKeysAtOnce >= prompt_.length;
      Fetch next(last ? then : memory + (start + kKeysAtOnce) * c_.width_, kKeysAtOnce * c_.width_, queries_ / kTile);
      for (int64_t i = 0; i < queries_; i += kTile) {
        next.part();
        piece(i, start, std::min(kKeysAtOnce, prompt_.length - start));
      }
    }
  }

  void scoreOwn(int64_t i) const {
    const int64_t row = i / rowQueries_, own = ownLength(row), next = (i + kTile) / rowQueries_;
    const bool last = i + kTile >= queries_;
    // Values are needed again after the prompt's; by then they are in the second-level cache.
    Fetch values(ownValues(row), own * c_.width_, kTile);
    Fetch keys(last ? promptValues_ : ownKeys(next), (last ? kKeysAtOnce : ownLength(next)) * c_.width_, kTile);
    kernels::scoreTile(&query_[i * c_.width_], ownKeys(row), c_.width_, own, &scores_[i * stride_ + promptStride_],
                       stride_);
    for (int64_t j = i; j < i + kTile; ++j) {
      keys.part();
      values.part();
      toWeights(j, own);
    }
  }

  /// Scores of query j → e^(score − the largest); what remains of the softmax is to divide by their sum.
  void toWeights(int64_t j, int64_t own) const {
    float *prompt = &scores_[j * stride_], *rest = prompt + promptStride_;
    const float largest = std::max(kernels::largestOf(prompt, prompt_.length), kernels::largestOf(rest, own));
    weightSums_[j] = kernels::exponentiate(prompt, prompt_.length, largest) + kernels::exponentiate(rest, own, largest);
  }

  void sumOwn(int64_t i, float* out, int64_t outStride) const {
    const int64_t row = i / rowQueries_, firstHead = i % rowQueries_;
    kernels::sumTile({&scores_[i * stride_ + promptStride_], stride_, 1}, {ownValues(row), c_.width_}, c_.width_,
                     ownLength(row), {&sums_[i * c_.width_], c_.width_});
    for (int64_t head = firstHead; head < std::min(firstHead + kTile, repeats_); ++head) {
      const int64_t j = row * rowQueries_ + head;
      float* to = out + row * outStride + head * c_.width_;
      std::copy_n(&sums_[j * c_.width_], c_.width_, to);
      kernels::scaleRow(to, c_.width_, 1.0f / weightSums_[j]);
    }
  }

  const CpuCache& c_;
  int64_t layer_;
  const CacheRow* rows_;
  int64_t kvHead_;
  const Block& prompt_;
  int64_t repeats_, rowQueries_, queries_, promptStride_, stride_;
  const float *promptKeys_, *promptValues_;
  static thread_local std::vector<float> query_, scores_, weightSums_, sums_;
};

thread_local std::vector<float> CpuCache::Attending::query_, CpuCache::Attending::scores_,
    CpuCache::Attending::weightSums_, CpuCache::Attending::sums_;

void CpuCache::attend(int64_t layer, const std::vector<CacheRow>& rows, const Task& task, const Inputs& inputs,
                      float* out) {
  for (int64_t b = task.begin; b < task.end; ++b) {
    const int64_t offset = b * inputs.stride + task.kvHead * width_;
    append(layer, rows[b], task.kvHead, inputs.k + offset, inputs.v + offset);
  }
  const int64_t firstHead = task.kvHead * (heads_ / kvHeads_) * width_;
  Attending(*this, layer, rows, task)
      .run(inputs.q + task.begin * inputs.stride + firstHead, inputs.stride,
           out + task.begin * heads_ * width_ + firstHead, heads_ * width_);
}

}  // namespace foothold::rollout
