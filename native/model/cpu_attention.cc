#include "native/model/cpu_attention.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <limits>

#include "native/model/attention_blocks.h"
#include "native/model/attention_kernels.h"
#include "native/model/kernels.h"

namespace foothold::model::cpu_attention {
namespace {

constexpr int64_t kTile = kernels::kQueryTile;

/// Queries of a block: its tokens times the query heads of one key head.
constexpr int64_t kBlockQueries = 64;
/// Keys that a block takes at once, multiples of kKeyBlock: what it works on stays in the second-level cache, backward
/// (where there is more of it) mostly in the first.
constexpr int64_t kForwardKeys = 256;
constexpr int64_t kBackwardKeys = 64;

/// How a block's queries lie in packed tensors [N, H, E]: the R heads of a key head, token by token.
struct Heads {
  int64_t heads, kvHeads, repeats, width;

  Heads(const at::Tensor& q_NHE, const at::Tensor& k_NKE)
      : heads(q_NHE.size(1)), kvHeads(k_NKE.size(1)), repeats(heads / kvHeads), width(q_NHE.size(2)) {}

  int64_t tokensPerBlock() const { return std::max<int64_t>(1, kBlockQueries / repeats); }
  int64_t queries(const QueryBlock& block) const { return block.count * repeats; }
  int64_t paddedQueries(const QueryBlock& block) const { return (queries(block) + kTile - 1) / kTile * kTile; }

  /// Values of the block's token t and key head in a contiguous [N, H, E]: R rows.
  int64_t offset(const QueryBlock& block, int64_t t, int64_t kvHead) const {
    return ((block.own->tokens.start + block.start + t) * heads + kvHead * repeats) * width;
  }

  /// The block's rows, times `scale`, with zeros for those that complete the last tile.
  void gather(const float* x, const QueryBlock& block, int64_t kvHead, float scale, std::vector<float>& to) const {
    to.assign(paddedQueries(block) * width, 0.0f);
    for (int64_t t = 0; t < block.count; ++t) {
      const float* from = x + offset(block, t, kvHead);
      for (int64_t i = 0; i < repeats * width; ++i) to[t * repeats * width + i] = from[i] * scale;
    }
  }
};

/// work(i) for i in [0, count), each taken by the next thread that is free; work is made once for each thread.
template <typename MakeWork>
void forEachTask(int64_t count, const MakeWork& makeWork) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t, int64_t) {
    auto work = makeWork();
    for (int64_t i; (i = next.fetch_add(1)) < count;) work(i);
  });
}

struct Inputs {
  const at::Tensor &q, &k, &v;
  Heads heads;
  float scale;

  Inputs(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE)
      : q(q_NHE), k(k_NKE), v(v_NKE), heads(q_NHE, k_NKE), scale(1.0f / std::sqrt(static_cast<float>(q_NHE.size(2)))) {
    TORCH_INTERNAL_ASSERT(q.is_contiguous());
    for (const at::Tensor* x : {&k, &v}) TORCH_INTERNAL_ASSERT(x->stride(2) == 1 && x->stride(1) == heads.width);
  }

  /// The rows of a piece for one head of keys or values.
  kernels::Rows rows(const at::Tensor& x_NKE, int64_t kvHead, const KeyPiece& piece) const {
    const int64_t token = piece.span->tokens.start + piece.start;
    return {x_NKE.const_data_ptr<float>() + token * x_NKE.stride(0) + kvHead * heads.width, x_NKE.stride(0)};
  }
};

/// What a thread works on. Kept for its next call: taking and giving back memory at every layer would scatter the
/// batch's activations over the heap.
struct Scratch {
  std::vector<float> q, dout, out, scores, gradients, sums, largest, deltas, rows;

  static Scratch& ofThread() {
    thread_local Scratch scratch;
    return scratch;
  }
};

/// One block of queries after another, for one thread.
class Forward {
 public:
  Forward(const Inputs& inputs, const TransposedKeys& keys, float* out, float* logSumExp)
      : in_(inputs), h_(inputs.heads), keys_(keys), out_(out), logSumExp_(logSumExp) {}

  void run(const QueryBlock& block, int64_t kvHead) {
    const int64_t padded = h_.paddedQueries(block);
    h_.gather(in_.q.const_data_ptr<float>(), block, kvHead, in_.scale, q_);
    scores_.resize(padded * kForwardKeys);
    largest_.assign(padded, -std::numeric_limits<float>::infinity());
    sums_.assign(padded, 0.0f);
    weighted_.assign(padded * h_.width, 0.0f);
    block.forEachPiece(kForwardKeys, [&](const KeyPiece& piece) { absorb(block, kvHead, piece); });
    store(block, kvHead);
  }

 private:
  void absorb(const QueryBlock& block, int64_t kvHead, const KeyPiece& piece) {
    const int64_t padded = h_.paddedQueries(block);
    const float* keys = keys_.at(block.group, kvHead, piece);
    for (int64_t i = 0; i < padded; i += kTile) {
      kernels::scoreTile(&q_[i * h_.width], keys, h_.width, piece.count, &scores_[i * kForwardKeys], kForwardKeys);
    }
    for (int64_t i = 0; i < h_.queries(block); ++i) {
      toWeights(i, block.visible(piece, i / h_.repeats), piece.count);
    }
    const kernels::Rows values = in_.rows(in_.v, kvHead, piece);
    for (int64_t i = 0; i < padded; i += kTile) {
      kernels::sumTile({&scores_[i * kForwardKeys], kForwardKeys, 1}, values, h_.width, piece.count,
                       {&weighted_[i * h_.width], h_.width});
    }
  }

  /// Scores of query i → e^(score − largest so far), what is not visible → 0; earlier sums follow the new maximum.
  void toWeights(int64_t i, int64_t visible, int64_t count) {
    float* scores = &scores_[i * kForwardKeys];
    std::fill(scores + visible, scores + count, 0.0f);
    if (visible == 0) return;
    const float largest = std::max(largest_[i], kernels::largestOf(scores, visible));
    if (largest > largest_[i]) {
      const float shrink = std::exp(largest_[i] - largest);
      sums_[i] *= shrink;
      kernels::scaleRow(&weighted_[i * h_.width], h_.width, shrink);
      largest_[i] = largest;
    }
    sums_[i] += kernels::exponentiate(scores, visible, largest);
  }

  void store(const QueryBlock& block, int64_t kvHead) {
    for (int64_t i = 0; i < h_.queries(block); ++i) {
      const int64_t offset = h_.offset(block, i / h_.repeats, kvHead) + i % h_.repeats * h_.width;
      std::copy_n(&weighted_[i * h_.width], h_.width, out_ + offset);
      kernels::scaleRow(out_ + offset, h_.width, 1.0f / sums_[i]);
      logSumExp_[offset / h_.width] = largest_[i] + std::log(sums_[i]);
    }
  }

  const Inputs& in_;
  const Heads& h_;
  const TransposedKeys& keys_;
  float *out_, *logSumExp_;
  Scratch& scratch_ = Scratch::ofThread();
  std::vector<float>&q_ = scratch_.q, &scores_ = scratch_.scores, &largest_ = scratch_.largest, &sums_ = scratch_.sums,
  &weighted_ = scratch_.rows;
};

/// What the backward pass reads, beside the inputs.
struct Saved {
  const at::Tensor &dout, &out, &logSumExp;  // [N, H, E], [N, H, E], [N, H]
  const TransposedKeys &keys, &values;
};

/// One block of queries after another, for one thread. With P the probabilities and δ the dot product of output and its
/// gradient: dV = Pᵀ dO, dS = P ∘ (dO Vᵀ − δ), dQ = scale · dS K, dK = scale · dSᵀ Q.
class Backward {
 public:
  Backward(const Inputs& inputs, const Saved& saved, float* dq) : in_(inputs), h_(inputs.heads), s_(saved), dq_(dq) {}

  /// dk, dv: sums of the group's keys, padded, for this head [padded, E].
  void run(const QueryBlock& block, int64_t kvHead, float* dk, float* dv) {
    const int64_t padded = h_.paddedQueries(block);
    h_.gather(in_.q.const_data_ptr<float>(), block, kvHead, in_.scale, q_);
    h_.gather(s_.dout.const_data_ptr<float>(), block, kvHead, 1.0f, dout_);
    computeDeltas(block, kvHead);
    scores_.resize(padded * kBackwardKeys);
    gradients_.resize(padded * kBackwardKeys);
    dqSums_.assign(padded * h_.width, 0.0f);
    block.forEachPiece(kBackwardKeys, [&](const KeyPiece& piece) {
      computeScoreGradients(block, kvHead, piece);
      addGradients(block, kvHead, piece, dk, dv);
    });
    for (int64_t t = 0; t < block.count; ++t) {
      float* to = dq_ + h_.offset(block, t, kvHead);
      std::copy_n(&dqSums_[t * h_.repeats * h_.width], h_.repeats * h_.width, to);
      kernels::scaleRow(to, h_.repeats * h_.width, in_.scale);
    }
  }

 private:
  void computeDeltas(const QueryBlock& block, int64_t kvHead) {
    h_.gather(s_.out.const_data_ptr<float>(), block, kvHead, 1.0f, out_);
    deltas_.resize(h_.queries(block));
    for (int64_t i = 0; i < h_.queries(block); ++i) {
      deltas_[i] = kernels::dot(&out_[i * h_.width], &dout_[i * h_.width], h_.width);
    }
  }

  /// scores_: P, gradients_: dS, both zero where a key is not visible.
  void computeScoreGradients(const QueryBlock& block, int64_t kvHead, const KeyPiece& piece) {
    const float *keys = s_.keys.at(block.group, kvHead, piece), *values = s_.values.at(block.group, kvHead, piece);
    for (int64_t i = 0; i < h_.paddedQueries(block); i += kTile) {
      kernels::scoreTile(&q_[i * h_.width], keys, h_.width, piece.count, &scores_[i * kBackwardKeys], kBackwardKeys);
      kernels::scoreTile(&dout_[i * h_.width], values, h_.width, piece.count, &gradients_[i * kBackwardKeys],
                         kBackwardKeys);
    }
    const float* logSumExp = s_.logSumExp.const_data_ptr<float>();
    for (int64_t i = 0; i < h_.queries(block); ++i) {
      const int64_t visible = block.visible(piece, i / h_.repeats);
      float *p = &scores_[i * kBackwardKeys], *ds = &gradients_[i * kBackwardKeys];
      const int64_t row = h_.offset(block, i / h_.repeats, kvHead) / h_.width + i % h_.repeats;
      kernels::scoreGradients(p, ds, visible, logSumExp[row], deltas_[i]);
      std::fill(p + visible, p + kBackwardKeys, 0.0f);
      std::fill(ds + visible, ds + kBackwardKeys, 0.0f);
    }
  }

  void addGradients(const QueryBlock& block, int64_t kvHead, const KeyPiece& piece, float* dk, float* dv) {
    const int64_t width = h_.width, queries = h_.queries(block);
    const kernels::Rows keys = in_.rows(in_.k, kvHead, piece);
    for (int64_t i = 0; i < h_.paddedQueries(block); i += kTile) {
      kernels::sumTile({&gradients_[i * kBackwardKeys], kBackwardKeys, 1}, keys, width, piece.count,
                       {&dqSums_[i * width], width});
    }
    const int64_t first = (piece.span->padded + piece.start) * width;
    for (int64_t j = 0; j < piece.count; j += kTile) {
      kernels::sumTile({&gradients_[j], 1, kBackwardKeys}, {q_.data(), width}, width, queries,
                       {dk + first + j * width, width});
      kernels::sumTile({&scores_[j], 1, kBackwardKeys}, {dout_.data(), width}, width, queries,
                       {dv + first + j * width, width});
    }
  }

  const Inputs& in_;
  const Heads& h_;
  const Saved& s_;
  float* dq_;
  Scratch& scratch_ = Scratch::ofThread();
  std::vector<float>&q_ = scratch_.q, &dout_ = scratch_.dout, &out_ = scratch_.out, &deltas_ = scratch_.deltas,
  &scores_ = scratch_.scores, &gradients_ = scratch_.gradients, &dqSums_ = scratch_.rows;
};

/// Gradients of keys and values are summed over the queries of a group. So that there is work for all threads, a
/// group's blocks are dealt out to several tasks with sums of their own.
struct KeyGradients {
  int64_t shares;
  std::vector<at::Tensor> sums;  // [group] of [2, shares, K, padded, E]: those of keys, those of values

  KeyGradients(const Blocks& blocks, const Heads& heads, const at::TensorOptions& options) {
    const int64_t tasks = static_cast<int64_t>(blocks.groups.size()) * heads.kvHeads;
    const int64_t wanted = (2 * at::get_num_threads() + tasks - 1) / std::max<int64_t>(tasks, 1);
    shares = std::clamp<int64_t>(blocks.mostInGroup(), 1, std::max<int64_t>(wanted, 1));
    for (const GroupKeys& group : blocks.groups) {
      sums.push_back(at::zeros({2, shares, heads.kvHeads, group.padded, heads.width}, options));
    }
  }

  float* of(int64_t group, int64_t share, int64_t kvHead, int64_t which) const {
    const at::Tensor& all = sums[group];
    return all.mutable_data_ptr<float>() +
           ((which * shares + share) * all.size(2) + kvHead) * all.size(3) * all.size(4);
  }

  /// [N, K, E] of keys (0) or values (1).
  at::Tensor packed(const Blocks& blocks, const at::Tensor& like_NKE, int64_t which) const {
    at::Tensor packed_NKE = at::empty(like_NKE.sizes(), like_NKE.options());
    for (size_t g = 0; g < sums.size(); ++g) {
      const at::Tensor sum_KSE = shares == 1 ? sums[g][which][0] : sums[g][which].sum(0);
      for (const KeySpan& span : blocks.groups[g].spans) {
        packed_NKE.narrow(0, span.tokens.start, span.tokens.length)
            .copy_(sum_KSE.narrow(1, span.padded, span.tokens.length).transpose(0, 1));
      }
    }
    return packed_NKE;
  }
};

}  // namespace

std::pair<at::Tensor, at::Tensor> forward(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                          const PackedLayout& layout) {
  const Inputs inputs(q_NHE, k_NKE, v_NKE);
  const Blocks blocks(layout, inputs.heads.tokensPerBlock());
  const TransposedKeys keys(k_NKE, blocks);
  at::Tensor out = at::empty(q_NHE.sizes(), q_NHE.options());
  at::Tensor logSumExp = at::empty({q_NHE.size(0), q_NHE.size(1)}, q_NHE.options());
  float *outs = out.mutable_data_ptr<float>(), *sums = logSumExp.mutable_data_ptr<float>();
  const int64_t kvHeads = inputs.heads.kvHeads;
  forEachTask(static_cast<int64_t>(blocks.queries.size()) * kvHeads, [&] {
    return [&, task = Forward(inputs, keys, outs, sums)](int64_t i) mutable {
      task.run(blocks.queries[i / kvHeads], i % kvHeads);
    };
  });
  return {out, logSumExp};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                        const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                                        const at::Tensor& out_NHE, const at::Tensor& logSumExp_NH,
                                                        const PackedLayout& layout) {
  const Inputs inputs(q_NHE, k_NKE, v_NKE);
  const Blocks blocks(layout, inputs.heads.tokensPerBlock());
  const TransposedKeys keys(k_NKE, blocks), values(v_NKE, blocks);
  const Saved saved{dout_NHE, out_NHE, logSumExp_NH, keys, values};
  at::Tensor dq = at::empty(q_NHE.sizes(), q_NHE.options());
  float* dqs = dq.mutable_data_ptr<float>();
  const KeyGradients gradients(blocks, inputs.heads, q_NHE.options());
  const int64_t kvHeads = inputs.heads.kvHeads, shares = gradients.shares;
  forEachTask(static_cast<int64_t>(blocks.groups.size()) * kvHeads * shares, [&] {
    return [&, task = Backward(inputs, saved, dqs)](int64_t i) mutable {
      const int64_t group = i / (kvHeads * shares), kvHead = i / shares % kvHeads, share = i % shares;
      float *dk = gradients.of(group, share, kvHead, 0), *dv = gradients.of(group, share, kvHead, 1);
      int64_t index = 0;
      for (const QueryBlock& block : blocks.queries) {
        if (block.group == group && index++ % shares == share) task.run(block, kvHead, dk, dv);
      }
    };
  });
  return {dq, gradients.packed(blocks, k_NKE, 0), gradients.packed(blocks, v_NKE, 1)};
}

}  // namespace foothold::model::cpu_attention
