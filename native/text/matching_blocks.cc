#include "native/text/matching_blocks.h"

#include <algorithm>

namespace foothold::text {

void BlockMatcher::forgetSecond() {
  has_positions_ = false;
  staged_.reset();
}

const PositionLists& BlockMatcher::positions() {
  if (!has_positions_) positions_.build(index_.coreSymbols(), index_.table().size());
  has_positions_ = true;
  return positions_;
}

void BlockMatcher::match(BlockSink& sink, std::optional<Algorithm> algorithm) {
  using Tool = StagedMatcher::Tool;
  if (algorithm == Algorithm::kPositions) {
    matchByPositions(sink);
  } else {
    const Tool tool = !algorithm                        ? Tool::kByCost
                      : *algorithm == Algorithm::kBits  ? Tool::kBits
                      : *algorithm == Algorithm::kGrams ? Tool::kGrams
                                                        : Tool::kLevels;
    staged_.match(comparison_, tool, sink);
  }
}

Match BlockMatcher::longestMatch(Range range) { return finder_.find(comparison_, positions(), range); }

void BlockMatcher::matchByPositions(BlockSink& sink) {
  std::vector<Range> open{comparison_.whole()};
  while (!open.empty()) {
    const Range range = open.back();
    open.pop_back();
    if (range.empty()) continue;
    const Match match = finder_.find(comparison_, positions(), range);
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
