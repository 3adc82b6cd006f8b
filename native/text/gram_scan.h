// Finds the runs of a range by looking up stretches of symbols: the way for long sequences.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/grams.h"
#include "native/text/position_lists.h"
#include "native/text/runs.h"

namespace foothold::text {

/// Lists the runs of long ranges in time O((rows + columns) log(longest) + runs · log(longest)) and linear memory.
class GramScan {
 public:
  /// Picks the smallest power of two, from 2 on and below `max_size`, for which the range has at most `max_runs` runs
  /// of at least that many elements, and pushes those runs. Returns it, or 0 when there is none.
  uint32_t scan(const Comparison& comparison, Range range, uint32_t max_size, size_t max_runs, RunStack& runs);

 private:
  bool listRuns(const Grams& grams, size_t max_runs, uint32_t max_size, RunStack& runs);
  void listByGram(const Grams& grams, RunStack& runs);
  bool listByGroup(const Grams& grams, size_t max_runs, RunStack& runs);
  void groupByPredecessor(const Grams& grams);
  Run runAt(uint32_t i, uint32_t j);
  uint32_t runLength(uint32_t i, uint32_t j);
  bool hasLevel(size_t level);
  void finishLevel(size_t level);

  const Comparison* comparison_ = nullptr;
  Range range_{};
  KeyNumbers numbers_;
  // levels_[l] holds grams of 2^l symbols. The first num_levels_ are made for this range, except that 1 and 2 are left
  // out when level 3 was made directly; the last may be the first level at which a and b have no gram in common,
  // none_from_.
  std::array<Grams, 32> levels_;
  size_t num_levels_ = 0;
  size_t none_from_ = 0;
  // Positions of b by (gram, symbol before it): a group is one such pair. The groups of a gram form a list.
  KeyNumbers groups_;
  std::vector<uint32_t> group_of_b_;
  std::vector<uint32_t> first_group_;
  std::vector<uint32_t> next_group_;
  PositionLists positions_;
};

}  // namespace foothold::text
