// Matching blocks in stages, from long runs to single elements.
#pragma once

#include <cstdint>
#include <vector>

#include "native/text/bit_rows.h"
#include "native/text/comparison.h"
#include "native/text/gram_levels.h"
#include "native/text/gram_scan.h"
#include "native/text/run_splitter.h"
#include "native/text/runs.h"

namespace foothold::text {

/// Lists the runs of some least size in a range and takes the blocks made of them, then does the same in the (much
/// smaller) ranges between those blocks for shorter runs, down to single elements.
class StagedMatcher {
 public:
  /// How runs are found. kByCost decides for each range; the others are for tests.
  enum class Tool { kByCost, kBits, kGrams, kLevels };

  /// Forgets what it knows of the second sequence.
  void reset() { rows_.clear(); }

  void match(const Comparison& comparison, Tool tool, BlockSink& sink);

 private:
  struct Stage {
    Range range;
    uint32_t max_size;  // No run of this many elements is left in the range.
  };

  bool wantsBits(const Comparison& comparison, Range range, Tool tool) const;
  void coverByRows(const Comparison& comparison, Range range);
  uint32_t listRuns(const Comparison& comparison, const Stage& stage, Tool tool);
  void matchSingles(const Comparison& comparison, Range range, BlockSink& sink);
  void matchSinglesInWord(const Comparison& comparison, Range range, uint32_t word, BlockSink& sink);
  Match firstEqual(const Comparison& comparison, Range range) const;

  std::vector<Stage> stages_;
  std::vector<Range> rest_;
  BitRows rows_;
  RunStack runs_;
  RunSplitter splitter_;
  GramScan gram_scan_;
  GramLevels gram_levels_;
};

}  // namespace foothold::text
