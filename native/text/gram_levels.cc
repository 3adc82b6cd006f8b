#include "native/text/gram_levels.h"

#include <utility>

#include "native/text/longest_match.h"

namespace foothold::text {

void GramLevels::match(const Comparison& comparison, Range range, uint32_t max_size, BlockSink& sink,
                       std::vector<Range>& rest) {
  const uint32_t base_size = max_size / 2;
  base_.start(comparison, range);
  while (base_.length < base_size) {
    std::swap(base_, shorter_);
    base_.join(shorter_, shorter_.length, numbers_);
  }
  rest.assign(1, range);
  for (uint32_t size = max_size - 1; size > base_size; --size) {
    exact_.join(base_, size - base_size, numbers_);
    matchSize(comparison, exact_, range, sink, rest);
  }
  matchSize(comparison, base_, range, sink, rest);
}

// With nothing longer left, the block to take from a range is its first pair of equal grams: first in a, then in b.
// What lies before it holds no such pair any more, so one walk through a suffices; and as the walk never goes back in b
// either, a cursor into each list of positions does.
void GramLevels::matchSize(const Comparison& comparison, const Grams& grams, Range range, BlockSink& sink,
                           std::vector<Range>& rest) {
  open_.swap(rest);
  rest.clear();
  const auto keep = [&rest](Range part) {
    if (!part.empty()) rest.push_back(part);
  };
  positions_.build(grams.b, grams.count);
  cursors_.assign(grams.count, 0);
  for (Range part : open_) {
    for (uint32_t i = part.a_low; i + grams.length <= part.a_high;) {
      const uint32_t gram = grams.a[i - range.a_low];
      if (gram == Grams::kAbsent) {
        ++i;
        continue;
      }
      const auto list = positions_.of(gram);
      uint32_t& cursor = cursors_[gram];
      while (cursor < list.size() && range.b_low + list[cursor] < part.b_low) ++cursor;
      if (cursor == list.size() || range.b_low + list[cursor] + grams.length > part.b_high) {
        ++i;
        continue;
      }
      Match block{i, range.b_low + list[cursor], grams.length};
      if (comparison.extends()) block = extendMatch(comparison, part, block);
      sink.add(block);
      keep({part.a_low, block.a, part.b_low, block.b});
      i = part.a_low = block.a + block.size;
      part.b_low = block.b + block.size;
    }
    keep(part);
  }
}

}  // namespace foothold::text
