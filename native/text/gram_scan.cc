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
  size_t level = 1;
  if (max_size > 8 && comparison.num_symbols <= Grams::kMaxByteSymbols) {
    level = 3;
    levels_[level].startEight(comparison, range, numbers_);
    finishLevel(level);
  }
  for (; uint64_t{1} << level < max_size; ++level) {
    if (!hasLevel(level)) return 1u << level;  // No two grams of this length are equal: all runs are listed, none.
    if (listRuns(levels_[level], max_runs, max_size, runs)) return 1u << level;
  }
  return 0;
}

// Notes that a level was made, and whether a and b have grams of that length in common.
void GramScan::finishLevel(size_t level) {
  const auto& a = levels_[level].a;
  num_levels_ = level + 1;
  if (std::all_of(a.begin(), a.end(), [](uint32_t gram) { return gram == kNone; })) none_from_ = level;
}

// Makes the grams of 2^level symbols, if they were not needed before. False when a and b have none in common.
bool GramScan::hasLevel(size_t level) {
  while (num_levels_ <= level && num_levels_ <= none_from_) {
    const Grams& shorter = levels_[num_levels_ - 1];
    levels_[num_levels_].join(shorter, shorter.length, numbers_);
    finishLevel(num_levels_);
  }
  return level < none_from_;
}

bool GramScan::listRuns(const Grams& grams, size_t max_runs, uint32_t max_size, RunStack& runs) {
  // Few pairs of grams, and so fewer runs.
  if (countPairs(grams, first_group_) <= max_runs) {
    listByGram(grams, runs);
    return true;
  }
  // Short grams are not worth grouping while longer ones may be tried: those will make fewer runs.
  const bool is_last = 2 * uint64_t{grams.length} >= max_size;
  return (grams.length >= 8 || is_last) && listByGroup(grams, max_runs, runs);
}

void GramScan::listByGram(const Grams& grams, RunStack& runs) {
  positions_.build(grams.b, grams.count);
  const auto &a = levels_[0].a, &b = levels_[0].b;
  for (uint32_t i = 0; i < grams.a.size(); ++i) {
    if (grams.a[i] == kNone) continue;
    const auto list = positions_.of(grams.a[i]);
    Run* const begin = runs.reserve(list.size());
    Run* run = begin;
    for (uint32_t j : list) {
      const bool continues = i > 0 && j > 0 && a[i - 1] == b[j - 1] && a[i - 1] != kNone;
      if (!continues) *run++ = runAt(i, j);
    }
    runs.commit(static_cast<size_t>(run - begin));
  }
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
    group_of_b_[j] = gram == kNone ? kNone : groups_.intern(pairKey(gram, j == 0 ? kNone : before[j - 1]));
    if (gram == kNone || group_of_b_[j] != next_group_.size()) continue;
    next_group_.push_back(first_group_[gram]);
    first_group_[gram] = group_of_b_[j];
  }
  positions_.build(group_of_b_, groups_.size());
}

bool GramScan::listByGroup(const Grams& grams, size_t max_runs, RunStack& runs) {
  groupByPredecessor(grams);
  const auto forEachGroup = [&](uint32_t i, auto visit) {
    const uint32_t gram = grams.a[i];
    if (gram == kNone) return;
    const uint32_t before = i == 0 ? kNone : levels_[0].a[i - 1];
    const uint32_t continuing = before == kNone ? kNone : groups_.find(pairKey(gram, before));
    for (uint32_t group = first_group_[gram]; group != kNone; group = next_group_[group]) {
      if (group != continuing) visit(group);
    }
  };
  uint64_t count = 0;
  for (uint32_t i = 0; i < grams.a.size() && count <= max_runs; ++i) {
    forEachGroup(i, [&](uint32_t group) { count += positions_.of(group).size(); });
  }
  if (count > max_runs) return false;

  Run* run = runs.reserve(count);
  for (uint32_t i = 0; i < grams.a.size(); ++i) {
    forEachGroup(i, [&](uint32_t group) {
      for (uint32_t j : positions_.of(group)) *run++ = runAt(i, j);
    });
  }
  runs.commit(count);
  return true;
}

Run GramScan::runAt(uint32_t i, uint32_t j) { return Run(range_.a_low + i, range_.b_low + j, runLength(i, j)); }

// Compares symbol by symbol at first, then in steps that double, then halve.
uint32_t GramScan::runLength(uint32_t i, uint32_t j) {
  const uint32_t* a = comparison_->a_core.data() + range_.a_low + i;
  const uint32_t* b = comparison_->b_core.data() + range_.b_low + j;
  const uint32_t room = std::min(range_.a_high - range_.a_low - i, range_.b_high - range_.b_low - j);
  constexpr uint32_t kDirect = 1024;
  uint32_t equal = commonPrefix(a, b, std::min(room, kDirect));
  if (equal < kDirect) return equal;

  const auto stepFits = [&](size_t level) {
    if (!hasLevel(level)) return false;
    const Grams& grams = levels_[level];
    const size_t next_i = i + equal, next_j = j + equal;
    return next_i < grams.a.size() && next_j < grams.b.size() && grams.a[next_i] != kNone &&
           grams.a[next_i] == grams.b[next_j];
  };
  constexpr size_t kFirst = 6;
  size_t level = kFirst;
  for (; stepFits(level); ++level) equal += 1u << level;
  while (level-- > kFirst) {
    if (stepFits(level)) equal += 1u << level;
  }
  return equal + commonPrefix(a + equal, b + equal, std::min(room - equal, 1u << kFirst));
}

}  // namespace foothold::text
