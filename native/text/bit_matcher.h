// Matching blocks by bit-parallel comparison: the algorithm for all but long sequences.
#pragma once

#include <cstdint>
#include <vector>

#include "native/text/bit_rows.h"
#include "native/text/comparison.h"
#include "native/text/run_splitter.h"
#include "native/text/runs.h"

namespace foothold::text {

/// Finds the blocks of a range in stages: all runs of at least 8 elements and the blocks made of them, then in the
/// (much smaller) ranges between those blocks all runs of at least 4, then 2, then single elements.
class BitMatcher {
 public:
  /// `rows` is made of all of comparison.b_core.
  void match(const Comparison& comparison, const BitRows& rows, Range range, BlockSink& sink);

 private:
  struct Stage {
    Range range;
    uint32_t max_size;  // No run of this many elements is left in the range.
  };

  void matchSingles(const Comparison& comparison, const BitRows& rows, Range range, BlockSink& sink);

  std::vector<Stage> stages_;
  std::vector<Range> rest_;
  RunStack runs_;
  RunSplitter splitter_;
};

}  // namespace foothold::text
