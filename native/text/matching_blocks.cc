#include "native/text/matching_blocks.h"

#include <algorithm>

namespace foothold::text {

std::vector<Match> matchingBlocks(std::span<const uint32_t> a, const SequenceIndex& index, LongestMatchFinder& finder) {
  std::vector<Match> blocks;
  std::vector<Range> open{{0, static_cast<uint32_t>(a.size()), 0, index.length()}};
  while (!open.empty()) {
    const Range range = open.back();
    open.pop_back();
    if (range.empty()) continue;
    const Match match = finder.find(a, index, range);
    if (match.size == 0) continue;
    blocks.push_back(match);
    open.push_back({range.a_low, match.a, range.b_low, match.b});
    open.push_back({match.a + match.size, range.a_high, match.b + match.size, range.b_high});
  }
  sortAndJoin(blocks);
  return blocks;
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
