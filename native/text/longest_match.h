// The longest block of one range, as SequenceMatcher.find_longest_match defines it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/text/match.h"
#include "native/text/sequence_index.h"

namespace foothold::text {

/// Finds longest matches of numbered sequences `a` in an index of `b`, by the lists of positions. Holds the work space,
/// so that asking many times allocates once.
class LongestMatchFinder {
 public:
  /// The longest run of plain elements that a and b share within the range (the one that starts first in a, then in b,
  /// among the longest), then extended at both ends by equal elements that are not junk, then by equal junk.
  /// Time O(range of a + pairs of equal plain elements in range.a × all of b).
  Match find(std::span<const uint32_t> a, const SequenceIndex& index, Range range);

 private:
  Match findCore(std::span<const uint32_t> a, const SequenceIndex& index, Range range);

  // lengths[j + 1]: length of the run that ends at b[j] and at the row before, respectively at this row, of a.
  std::vector<uint32_t> previous_;
  std::vector<uint32_t> current_;
};

/// Extends a match within the range by elements that may not start one.
Match extendMatch(std::span<const uint32_t> a, const SequenceIndex& index, Range range, Match match);

}  // namespace foothold::text
