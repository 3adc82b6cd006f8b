#include "native/text/gram_scan.h"

#include <algorithm>

namespace foothold::text {

namespace {

constexpr uint32_t kNone = Grams::kAbsent;

// Number of pairs of equal grams, the grams of every run counted again and again.
uint64_t countPairs(const Grams& grams, std::vector<uint32_t>& occurrences) {
  occurrences.assign(grams.count, 0);
  for (uint32_t gram : grams.b) {
    if (gram != kNone) ++occurrences[gram];
  }
  uint64_t pairs = 0;
  for (uint32_t gram : grams.a) {
    if (gram != kNone) pairs += occurrences[gram];
  }
  return pairs;
}

}  // namespace

uint32_t GramScan::scan(const Comparison& comparison, Range range, uint32_t max_size, size_t max_runs, RunStack& runs) {
  comparison_ = &comparison;
  range_ = range;
  levels_[0].start(comparison, range);
  num_levels_ = 1;
  none_from_ = levels_.size();
  for (size_t level = 1; uint64_t{1} << level < max_size; ++level) {
    if (!hasLevel(level)) return 1u << level;  // No two grams of this length are equal: all runs are listed, none.
    const bool last = uint64_t{2} << level >= max_size;
    // Short grams are not worth grouping while longer ones may be tried: those will make fewer runs.
    const bool worth_listing = level >= 3 || last || countPairs(levels_[level], first_group_) <= max_runs;
    if (worth_listing && listRuns(levels_[level], max_runs, runs)) return 1u << level;
  }
  return 0;
}

// Makes the grams of 2^level symbols, if they were not needed before. False when a and b have none in common.
bool GramScan::hasLevel(size_t level) {
  for (; num_levels_ <= level && num_levels_ <= none_from_; ++num_levels_) {
    Grams& grams = levels_[num_levels_];
    grams.join(levels_[num_levels_ - 1], levels_[num_levels_ - 1].length, pairs_);
    const bool any = std::any_of(grams.a.begin(), grams.a.end(), [](uint32_t gram) { return gram != kNone; });
    if (!any) none_from_ = num_levels_;
  }
  return level < none_from_;
}

// A run starts at (i, j) where the grams are equal and the symbols before them are not. Grouping the positions of b by
// the symbol before lets a row pass over all pairs that continue a run at once.
void GramScan::groupByPredecessor(const Grams& grams) {
  const auto& before = levels_[0].b;
  groups_.reset(grams.b.size());
  group_of_b_.resize(grams.b.size());
  first_group_.assign(grams.count, kNone);
  next_group_.clear();
  for (size_t j = 0; j < grams.b.size(); ++j) {
    const uint32_t gram = grams.b[j];
    group_of_b_[j] = gram == kNone ? kNone : groups_.intern(gram, j == 0 ? kNone : before[j - 1]);
    if (gram == kNone || group_of_b_[j] != next_group_.size()) continue;
    next_group_.push_back(first_group_[gram]);
    first_group_[gram] = group_of_b_[j];
  }
  by_group_.build(group_of_b_, groups_.size());
}

bool GramScan::listRuns(const Grams& grams, size_t max_runs, RunStack& runs) {
  groupByPredecessor(grams);
  const auto forEachGroup = [&](uint32_t i, auto visit) {
    const uint32_t gram = grams.a[i];
    if (gram == kNone) return;
    const uint32_t before = i == 0 ? kNone : levels_[0].a[i - 1];
    const uint32_t continuing = before == kNone ? kNone : groups_.find(gram, before);
    for (uint32_t group = first_group_[gram]; group != kNone; group = next_group_[group]) {
      if (group != continuing) visit(group);
    }
  };
  uint64_t count = 0;
  for (uint32_t i = 0; i < grams.a.size() && count <= max_runs; ++i) {
    forEachGroup(i, [&](uint32_t group) { count += by_group_.of(group).size(); });
  }
  if (count > max_runs) return false;

  Run* run = runs.reserve(count);
  for (uint32_t i = 0; i < grams.a.size(); ++i) {
    forEachGroup(i, [&](uint32_t group) {
      for (uint32_t j : by_group_.of(group)) *run++ = Run(range_.a_low + i, range_.b_low + j, runLength(i, j));
    });
  }
  runs.commit(count);
  return true;
}

// Compares symbol by symbol at first, then in steps that double, then halve.
uint32_t GramScan::runLength(uint32_t i, uint32_t j) {
  const uint32_t* a = comparison_->a_core.data() + range_.a_low + i;
  const uint32_t* b = comparison_->b_core.data() + range_.b_low + j;
  const uint32_t room = std::min(range_.a_high - range_.a_low - i, range_.b_high - range_.b_low - j);
  constexpr uint32_t kDirect = 128;
  uint32_t equal = 0;
  while (equal < std::min(room, kDirect) && a[equal] == b[equal]) ++equal;
  if (equal < kDirect) return equal;

  const auto stepFits = [&](size_t level) {
    if (!hasLevel(level)) return false;
    const Grams& grams = levels_[level];
    const size_t next_i = i + equal, next_j = j + equal;
    return next_i < grams.a.size() && next_j < grams.b.size() && grams.a[next_i] != kNone &&
           grams.a[next_i] == grams.b[next_j];
  };
  size_t level = 6;
  for (; stepFits(level); ++level) equal += 1u << level;
  while (level-- > 0) {
    if (stepFits(level)) equal += 1u << level;
  }
  return equal;
}

}  // namespace foothold::text
