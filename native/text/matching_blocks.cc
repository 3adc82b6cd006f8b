#include "native/text/matching_blocks.h"

#include <algorithm>

namespace foothold::text {

void BlockMatcher::indexChanged() { has_positions_ = has_bit_rows_ = false; }

const PositionLists& BlockMatcher::positions() {
  if (!has_positions_) positions_.build(index_.coreSymbols(), index_.table().size());
  has_positions_ = true;
  return positions_;
}

const BitRows& BlockMatcher::bitRows() {
  if (!has_bit_rows_) bit_rows_.build(index_.coreSymbols(), index_.table().size());
  has_bit_rows_ = true;
  return bit_rows_;
}

void BlockMatcher::match(std::span<const uint32_t> a, BlockSink& sink, std::optional<Algorithm> algorithm) {
  const Comparison comparison = builder_.build(a, index_);
  const Algorithm chosen = algorithm.value_or(Algorithm::kBits);
  if (chosen == Algorithm::kPositions) {
    matchByPositions(comparison, sink);
  } else {
    bit_matcher_.match(comparison, bitRows(), comparison.whole(), sink);
  }
}

Match BlockMatcher::longestMatch(std::span<const uint32_t> a, Range range) {
  return finder_.find(builder_.build(a, index_), positions(), range);
}

void BlockMatcher::matchByPositions(const Comparison& comparison, BlockSink& sink) {
  std::vector<Range> open{comparison.whole()};
  while (!open.empty()) {
    const Range range = open.back();
    open.pop_back();
    if (range.empty()) continue;
    const Match match = finder_.find(comparison, positions(), range);
    if (match.size == 0) continue;
    sink.add(match);
    open.push_back({range.a_low, match.a, range.b_low, match.b});
    open.push_back({match.a + match.size, range.a_high, match.b + match.size, range.b_high});
  }
}

void sortAndJoin(std::vector<Match>& blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const Match& x, const Match& y) { return x.a < y.a; });
  size_t kept = 0;
  for (const Match& block : blocks) {
    Match* last = kept == 0 ? nullptr : &blocks[kept - 1];
    if (last != nullptr && last->a + last->size == block.a && last->b + last->size == block.b) {
      last->size += block.size;
    } else {
      blocks[kept++] = block;
    }
  }
  blocks.resize(kept);
}

double ratioOf(uint64_t matched, uint64_t total_length) {
  if (total_length == 0) return 1.0;
  return 2.0 * static_cast<double>(matched) / static_cast<double>(total_length);
}

}  // namespace foothold::text
