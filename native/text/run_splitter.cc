#include "native/text/run_splitter.h"

#include <algorithm>

#include "native/text/longest_match.h"

namespace foothold::text {

void RunSplitter::split(const Comparison& comparison, Range range, uint32_t min_size, RunStack& runs, BlockSink& sink,
                        std::vector<Range>& rest) {
  parts_.assign(1, {range, 0});
  while (!parts_.empty()) {
    const Part part = parts_.back();
    parts_.pop_back();
    Run* const begin = runs.data() + part.first;
    Run* const end = runs.data() + runs.size();
    if (begin == end) {
      if (!part.range.empty()) rest.push_back(part.range);
      continue;
    }
    const Run longest = *std::max_element(begin, end);
    Match block{longest.a(), longest.b(), longest.size()};
    if (comparison.extends()) block = extendMatch(comparison, part.range, block);
    sink.add(block);

    // What a run has left of the block stays in place; what it has right of it is kept aside, then put behind. No run
    // has both, as the block cuts at least as many elements out of it as the longest run has.
    const uint32_t a_end = block.a + block.size, b_end = block.b + block.size;
    Run* left = begin;
    right_.resize(static_cast<size_t>(end - begin));
    Run* right = right_.data();
    for (const Run* run = begin; run != end; ++run) {
      const uint32_t a = run->a(), b = run->b(), size = run->size();
      if (a < block.a && b < block.b) {
        const uint32_t kept = std::min({size, block.a - a, block.b - b});
        if (kept >= min_size) {
          *left++ = Run(a, b, kept);
          continue;
        }
      }
      const uint32_t cut = std::max({0, static_cast<int32_t>(a_end - a), static_cast<int32_t>(b_end - b)});
      if (size >= cut + min_size) *right++ = Run(a + cut, b + cut, size - cut);
    }
    parts_.push_back({{part.range.a_low, block.a, part.range.b_low, block.b}, part.first});
    const size_t num_left = static_cast<size_t>(left - begin);
    parts_.push_back({{a_end, part.range.a_high, b_end, part.range.b_high}, part.first + num_left});
    std::copy(right_.data(), right, left);
    runs.shrink(part.first + num_left + static_cast<size_t>(right - right_.data()));
  }
}

}  // namespace foothold::text
