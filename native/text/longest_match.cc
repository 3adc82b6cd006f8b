#include "native/text/longest_match.h"

#include <algorithm>

namespace foothold::text {

namespace {

// The positions of a row's symbol that lie in the range; none for elements that start no match.
std::span<const uint32_t> positionsInRange(const SequenceIndex& index, uint32_t symbol, Range range) {
  if (symbol == SymbolTable::kAbsent || index.role(symbol) != Role::kPlain) return {};
  const auto all = index.positions(symbol);
  const auto begin = std::lower_bound(all.begin(), all.end(), range.b_low);
  return {begin, std::lower_bound(begin, all.end(), range.b_high)};
}

}  // namespace

Match LongestMatchFinder::findCore(std::span<const uint32_t> a, const SequenceIndex& index, Range range) {
  Match best{range.a_low, range.b_low, 0};
  previous_.assign(index.length() + 1, 0);
  current_.assign(index.length() + 1, 0);
  std::span<const uint32_t> written;  // The entries of previous_ that are not zero.
  for (uint32_t i = range.a_low; i < range.a_high; ++i) {
    const auto row = positionsInRange(index, a[i], range);
    for (uint32_t j : row) {
      const uint32_t length = previous_[j] + 1;
      current_[j + 1] = length;
      if (length > best.size) best = {i + 1 - length, j + 1 - length, length};
    }
    for (uint32_t j : written) previous_[j + 1] = 0;
    written = row;
    previous_.swap(current_);
  }
  return best;
}

Match extendMatch(std::span<const uint32_t> a, const SequenceIndex& index, Range range, Match match) {
  const auto b = index.symbols();
  const auto grow = [&](bool junk) {
    const auto extends = [&](uint32_t i, uint32_t j) {
      return a[i] == b[j] && (index.role(b[j]) == Role::kJunk) == junk;
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

Match LongestMatchFinder::find(std::span<const uint32_t> a, const SequenceIndex& index, Range range) {
  const Match core = findCore(a, index, range);
  return index.hasExcluded() ? extendMatch(a, index, range, core) : core;
}

}  // namespace foothold::text
