#include "native/text/batch.h"

#include <algorithm>
#include <system_error>
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
    // Two equal texts match as a whole, unless elements are excluded, which may pair them otherwise.
    if (action == expert && !matcher_.second().hasExcluded()) return 1.0;
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

// Most pairs that a thread takes at once: enough for groups with the same expert to stay together.
constexpr size_t kMaxChunk = 16;

// A batch with fewer units than this is done sooner than a thread has started.
constexpr size_t kMinUnits = 16384;

}  // namespace

RatioBatch::RatioBatch(TextRows actions, TextRows experts, bool autojunk, unsigned threads, std::span<double> ratios,
                       const std::atomic<bool>& cancelled)
    : actions_(actions),
      experts_(experts),
      autojunk_(autojunk),
      chunk_(std::clamp<size_t>(ratios.size() / (4 * size_t{threads}), 1, kMaxChunk)),
      threads_wanted_(std::min<size_t>(threads, (ratios.size() + chunk_ - 1) / chunk_)),
      ratios_(ratios),
      cancelled_(cancelled) {}

RatioBatch::~RatioBatch() { stopped_ = true; }

// Helpers start when there is something to do: a thread that had to sleep first would be woken beside its waker, on one
// core.
void RatioBatch::makeAvailable(size_t count) {
  available_.store(count, std::memory_order_release);
  if (helpers_.empty() && threads_wanted_ > 1 && count == ratios_.size() && !isWorthThreads()) threads_wanted_ = 1;
  try {
    while (helpers_.size() + 1 < threads_wanted_) helpers_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    threads_wanted_ = 0;  // The system has no more threads to give: those there are do the work.
  }
}

bool RatioBatch::isWorthThreads() const {
  size_t units = 0;
  for (size_t i = 0; i < ratios_.size() && units < kMinUnits; ++i) units += actions_[i].size() + experts_[i].size();
  return units >= kMinUnits;
}

// Waits until the first `count` rows are available, never for long, as copying a row is far less work than scoring one.
// False when there is nothing more to do.
bool RatioBatch::waitFor(size_t count) {
  while (available_.load(std::memory_order_acquire) < count && !stopped_) std::this_thread::yield();
  return !stopped_;
}

// Scores chunks until none is left.
void RatioBatch::work() noexcept try {
  PairScorer scorer(autojunk_);
  for (size_t begin; (begin = next_.fetch_add(chunk_)) < ratios_.size();) {
    const size_t end = std::min(begin + chunk_, ratios_.size());
    if (!waitFor(end)) return;
    for (size_t i = begin; i < end; ++i) {
      if (cancelled_.load(std::memory_order_relaxed)) return;
      ratios_[i] = scorer.score(actions_[i], experts_[i]);
    }
  }
} catch (...) {
  if (!stopped_.exchange(true)) error_ = std::current_exception();
}

void RatioBatch::finish() {
  makeAvailable(ratios_.size());
  work();
  helpers_.clear();  // Waits for them.
  if (error_) std::rethrow_exception(error_);
}

}  // namespace foothold::text
