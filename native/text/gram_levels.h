// Takes the blocks of one exact size after the other out of ranges with too many runs to list.
#pragma once

#include <cstdint>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/grams.h"
#include "native/text/position_lists.h"

namespace foothold::text {

/// Finds blocks size by size, from the largest down. A size costs O(rows + columns), however many runs there are.
class GramLevels {
 public:
  /// For a range without runs of `max_size` (a power of two) or more: passes the blocks of max_size / 2 … max_size − 1
  /// elements to `sink` and replaces `rest` by the ranges between them.
  void match(const Comparison& comparison, Range range, uint32_t max_size, BlockSink& sink, std::vector<Range>& rest);

 private:
  void matchSize(const Comparison& comparison, const Grams& grams, Range range, BlockSink& sink,
                 std::vector<Range>& rest);

  KeyNumbers numbers_;
  Grams shorter_;
  Grams base_;
  Grams exact_;
  PositionLists positions_;
  std::vector<uint32_t> cursors_;
  std::vector<Range> open_;
};

}  // namespace foothold::text
