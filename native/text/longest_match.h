// The longest block of one range, as SequenceMatcher.find_longest_match defines it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/match.h"
#include "native/text/position_lists.h"

namespace foothold::text {

/// Finds longest matches by the lists of positions, as CPython does. Holds the work space, so that asking many times
/// allocates once.
class LongestMatchFinder {
 public:
  /// The longest run of equal core symbols within the range (the one that starts first in a, then in b, among the
  /// longest), extended at both ends. `positions` lists comparison.b_core.
  /// Time O(elements of the range + pairs of equal core symbols in its rows and columns).
  Match find(const Comparison& comparison, const PositionLists& positions, Range range);

 private:
  Match findCore(const Comparison& comparison, const PositionLists& positions, Range range);

  // Entry j + 1 is the length of the run that ends in column j and in the row before, respectively in this row. Zero
  // between calls.
  std::vector<uint32_t> previous_;
  std::vector<uint32_t> current_;
};

/// Extends a match within the range at both ends: first by equal elements that are not junk, then by equal junk.
Match extendMatch(const Comparison& comparison, Range range, Match match);

/// Adds the blocks of a range in which no two core symbols are equal: those that begin at its corner and consist of
/// symbols that may only extend a match.
void matchCoreless(const Comparison& comparison, Range range, BlockSink& sink);

}  // namespace foothold::text
