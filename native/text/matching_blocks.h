// Every block in which two sequences agree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "native/text/bit_matcher.h"
#include "native/text/bit_rows.h"
#include "native/text/comparison.h"
#include "native/text/longest_match.h"
#include "native/text/position_lists.h"
#include "native/text/sequence_index.h"

namespace foothold::text {

/// The ways to find matching blocks. All find the same blocks; the fastest depends on the sequences.
enum class Algorithm { kPositions, kBits, kGrams };

/// A second sequence and what the algorithms have prepared of it, to be compared with first sequences. Holds all work
/// space. Not to be shared between threads.
class BlockMatcher {
 public:
  /// The index to build before `match`; call `indexChanged` after that.
  SequenceIndex& index() { return index_; }
  const SequenceIndex& index() const { return index_; }
  void indexChanged();

  /// Passes the blocks of SequenceMatcher.get_matching_blocks to `sink`, in no order and not joined, without the
  /// closing empty one. Chooses the algorithm itself unless told.
  void match(std::span<const uint32_t> a, BlockSink& sink, std::optional<Algorithm> algorithm = std::nullopt);

  /// SequenceMatcher.find_longest_match.
  Match longestMatch(std::span<const uint32_t> a, Range range);

 private:
  void matchByPositions(const Comparison& comparison, BlockSink& sink);
  const PositionLists& positions();
  const BitRows& bitRows();

  SequenceIndex index_;
  ComparisonBuilder builder_;
  bool has_positions_ = false;
  PositionLists positions_;
  LongestMatchFinder finder_;
  bool has_bit_rows_ = false;
  BitRows bit_rows_;
  BitMatcher bit_matcher_;
};

/// Sorts blocks and joins those that touch in both sequences.
void sortAndJoin(std::vector<Match>& blocks);

/// 2 M / T for M matched elements of T in both sequences together; 1 for two empty sequences.
double ratioOf(uint64_t matched, uint64_t total_length);

}  // namespace foothold::text
