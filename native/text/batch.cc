#include "native/text/batch.h"

#include <algorithm>
#include <exception>
#include <system_error>
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

// Hands out the pairs of a batch to threads, in chunks.
class Batch {
 public:
  Batch(const TextRows& actions, const TextRows& experts, bool autojunk, std::span<double> ratios,
        const std::atomic<bool>& cancelled)
      : actions_(actions), experts_(experts), autojunk_(autojunk), ratios_(ratios), cancelled_(cancelled) {}

  size_t numChunks() const { return (ratios_.size() + kChunk - 1) / kChunk; }

  // Scores chunks until none is left. An error, such as lack of memory, is kept for the thread that waits.
  void work() noexcept try {
    PairScorer scorer(autojunk_);
    for (size_t begin; !stopped_ && (begin = next_.fetch_add(kChunk)) < ratios_.size();) {
      const size_t end = std::min(begin + kChunk, ratios_.size());
      for (size_t i = begin; i < end; ++i) {
        if (cancelled_.load(std::memory_order_relaxed)) return;
        ratios_[i] = scorer.score(actions_.row(i), experts_.row(i));
      }
    }
  } catch (...) {
    if (!stopped_.exchange(true)) error_ = std::current_exception();
  }

  // To be called when no thread works any more.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  // Long enough for groups with the same expert to stay together, short enough to spread long pairs.
  static constexpr size_t kChunk = 16;

  TextRows actions_;
  TextRows experts_;
  bool autojunk_;
  std::span<double> ratios_;
  const std::atomic<bool>& cancelled_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::exception_ptr error_;
};

}  // namespace

void computeRatios(const TextRows& actions, const TextRows& experts, bool autojunk, unsigned threads,
                   std::span<double> ratios, const std::atomic<bool>& cancelled) {
  Batch batch(actions, experts, autojunk, ratios, cancelled);
  {
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < std::min<size_t>(threads, batch.numChunks())) {
        helpers.emplace_back([&batch] { batch.work(); });
      }
    } catch (const std::system_error&) {
      // The system has no more threads to give: those there are do the work.
    }
    batch.work();
  }
  batch.rethrow();
}

}  // namespace foothold::text
