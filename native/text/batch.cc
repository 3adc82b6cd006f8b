#include "native/text/batch.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "native/text/code_points.h"
#include "native/text/matching_blocks.h"

namespace foothold::text {

namespace {

// Scores pairs one after the other, with work space that is kept between them.
class PairScorer {
 public:
  explicit PairScorer(bool autojunk) : autojunk_(autojunk) {}

  double score(std::u16string_view action, std::u16string_view expert) {
    if (!has_expert_ || expert != expert_) setExpert(expert);
    a_.clear();
    appendCodePoints(action, a_);
    BlockSink sink;
    matcher_.setFirst(a_);
    matcher_.match(sink);
    return ratioOf(sink.matched(), a_.size() + b_.size());
  }

 private:
  void setExpert(std::u16string_view expert) {
    expert_ = expert;
    has_expert_ = true;
    b_.clear();
    appendCodePoints(expert, b_);
    matcher_.setSecond(b_, autojunk_);
  }

  bool autojunk_;
  bool has_expert_ = false;
  std::u16string_view expert_;
  std::vector<uint32_t> a_, b_;
  BlockMatcher matcher_;
};

}  // namespace

void computeRatios(const TextRows& actions, const TextRows& experts, bool autojunk, unsigned threads,
                   std::span<double> ratios, const std::atomic<bool>& cancelled) {
  constexpr size_t kChunk = 16;
  std::atomic<size_t> next{0};
  const auto work = [&] {
    PairScorer scorer(autojunk);
    for (size_t begin; (begin = next.fetch_add(kChunk)) < ratios.size();) {
      for (size_t i = begin; i < std::min(begin + kChunk, ratios.size()); ++i) {
        if (cancelled.load(std::memory_order_relaxed)) return;
        ratios[i] = scorer.score(actions.row(i), experts.row(i));
      }
    }
  };
  const size_t useful = (ratios.size() + kChunk - 1) / kChunk;
  std::vector<std::jthread> helpers;
  for (size_t t = 1; t < std::min<size_t>(threads, useful); ++t) helpers.emplace_back(work);
  work();
}

}  // namespace foothold::text
