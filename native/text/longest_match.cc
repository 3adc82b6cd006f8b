#include "native/text/longest_match.h"

#include <algorithm>

namespace foothold::text {

Match LongestMatchFinder::findCore(const Comparison& comparison, const PositionLists& positions, Range range) {
  Match best{range.a_low, range.b_low, 0};
  previous_.resize(std::max(previous_.size(), comparison.b_core.size() + 1));
  current_.resize(previous_.size());
  std::span<const uint32_t> written;  // The columns of previous_ that are not zero.
  for (uint32_t i = range.a_low; i < range.a_high; ++i) {
    std::span<const uint32_t> row;
    if (comparison.a_core[i] < comparison.num_symbols) {
      const auto all = positions.of(comparison.a_core[i]);
      const auto begin = std::lower_bound(all.begin(), all.end(), range.b_low);
      row = {begin, std::lower_bound(begin, all.end(), range.b_high)};
    }
    for (uint32_t j : row) {
      const uint32_t length = previous_[j] + 1;
      current_[j + 1] = length;
      if (length > best.size) best = {i + 1 - length, j + 1 - length, length};
    }
    for (uint32_t j : written) previous_[j + 1] = 0;
    written = row;
    previous_.swap(current_);
  }
  for (uint32_t j : written) previous_[j + 1] = 0;
  return best;
}

Match extendMatch(const Comparison& comparison, Range range, Match match) {
  const auto a = comparison.a_all;
  const auto b = comparison.index->symbols();
  const auto grow = [&](bool junk) {
    const auto extends = [&](uint32_t i, uint32_t j) {
      return a[i] == b[j] && (comparison.index->role(b[j]) == Role::kJunk) == junk;
    };
    while (match.a > range.a_low && match.b > range.b_low && extends(match.a - 1, match.b - 1)) {
      --match.a;
      --match.b;
      ++match.size;
    }
    while (match.a + match.size < range.a_high && match.b + match.size < range.b_high &&
           extends(match.a + match.size, match.b + match.size)) {
      ++match.size;
    }
  };
  grow(false);
  grow(true);
  return match;
}

Match LongestMatchFinder::find(const Comparison& comparison, const PositionLists& positions, Range range) {
  const Match core = findCore(comparison, positions, range);
  return comparison.extends() ? extendMatch(comparison, range, core) : core;
}

void matchCoreless(const Comparison& comparison, Range range, BlockSink& sink) {
  if (!comparison.extends()) return;
  while (!range.empty()) {
    const Match block = extendMatch(comparison, range, {range.a_low, range.b_low, 0});
    if (block.size == 0) return;
    sink.add(block);
    range.a_low += block.size;
    range.b_low += block.size;
  }
}

}  // namespace foothold::text
