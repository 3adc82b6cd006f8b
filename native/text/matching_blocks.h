// Every block in which two sequences agree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/longest_match.h"
#include "native/text/position_lists.h"
#include "native/text/sequence_index.h"
#include "native/text/staged_matcher.h"

namespace foothold::text {

/// The ways to find matching blocks. All find the same blocks; the fastest depends on the sequences.
enum class Algorithm { kPositions, kBits, kGrams, kLevels };

/// Two sequences and what the algorithms have prepared of them. Keeps its memory from one pair to the next. Not to be
/// shared between threads.
class BlockMatcher {
 public:
  /// Sets `b`; a first sequence must be set again after it. `isJunk(element)` is asked once for each distinct element.
  template <typename IsJunk>
  void setSecond(std::span<const uint32_t> b, bool autojunk, IsJunk isJunk) {
    index_.build(b, autojunk, isJunk);
    forgetSecond();
  }
  void setSecond(std::span<const uint32_t> b, bool autojunk) {
    index_.build(b, autojunk);
    forgetSecond();
  }

  void setFirst(std::span<const uint32_t> a) { comparison_ = builder_.build(a, index_); }

  const SequenceIndex& second() const { return index_; }

  /// Passes the blocks of SequenceMatcher.get_matching_blocks to `sink`, in no order and not joined, without the
  /// closing empty one. Chooses the algorithm itself unless told.
  void match(BlockSink& sink, std::optional<Algorithm> algorithm = std::nullopt);

  /// SequenceMatcher.find_longest_match.
  Match longestMatch(Range range);

 private:
  void forgetSecond();
  void matchByPositions(BlockSink& sink);
  const PositionLists& positions();

  SequenceIndex index_;
  ComparisonBuilder builder_;
  Comparison comparison_{};
  bool has_positions_ = false;
  PositionLists positions_;
  LongestMatchFinder finder_;
  StagedMatcher staged_;
};

/// Sorts blocks and joins those that touch in both sequences.
void sortAndJoin(std::vector<Match>& blocks);

/// 2 M / T for M matched elements of T in both sequences together; 1 for two empty sequences.
double ratioOf(uint64_t matched, uint64_t total_length);

}  // namespace foothold::text
