#include "native/text/bit_matcher.h"

#include <algorithm>
#include <bit>

#include "native/text/longest_match.h"
#include "native/text/run_scan.h"

namespace foothold::text {

namespace {

// The shortest runs worth listing in a range, so that there are few of them: 2, 4 or 8.
uint32_t runSizeFor(Range range) {
  const uint64_t area = uint64_t{range.a_high - range.a_low} * (range.b_high - range.b_low);
  return area <= 3000 ? 2 : area <= 40000 ? 4 : 8;
}

}  // namespace

void BitMatcher::match(const Comparison& comparison, const BitRows& rows, Range range, BlockSink& sink) {
  stages_.assign(1, {range, UINT32_MAX});
  while (!stages_.empty()) {
    const Stage stage = stages_.back();
    stages_.pop_back();
    if (stage.range.empty()) continue;
    if (stage.max_size == 2) {
      matchSingles(comparison, rows, stage.range, sink);
      continue;
    }
    const uint32_t size = std::min(runSizeFor(stage.range), stage.max_size / 2);
    const ScanInput input{comparison.a_core.data(), comparison.b_core.data(), &rows, stage.range};
    runs_.shrink(0);
    rest_.clear();
    if (!scanRuns(input, size, 1u << 20, runs_)) __builtin_trap();
    splitter_.split(comparison, stage.range, size, runs_, 0, sink, rest_);
    for (const Range& rest : rest_) stages_.push_back({rest, size});
  }
}

// With no run of two left, the longest match is the first equal pair: nothing lies before it in b, so that only
// elements that extend matches are left there, and the search goes on behind it.
void BitMatcher::matchSingles(const Comparison& comparison, const BitRows& rows, Range range, BlockSink& sink) {
  while (!range.empty()) {
    const uint32_t first_word = range.b_low / BitRows::kOwnColumns;
    const uint32_t last_word = (range.b_high - 1) / BitRows::kOwnColumns;
    Match match{0, 0, 0};
    for (uint32_t i = range.a_low; i < range.a_high && match.size == 0; ++i) {
      const uint64_t* row = rows.row(comparison.a_core[i]);
      for (uint32_t word = first_word; word <= last_word; ++word) {
        uint64_t bits = row[word] & (~uint64_t{0} << BitRows::kOverlap);
        if (word == first_word || word == last_word) bits &= BitRows::columnMask(word, range.b_low, range.b_high);
        if (bits == 0) continue;
        const uint32_t column = word * BitRows::kOwnColumns - BitRows::kOverlap;
        match = {i, column + static_cast<uint32_t>(std::countr_zero(bits)), 1};
        break;
      }
    }
    if (match.size == 0) break;
    if (comparison.extends()) {
      match = extendMatch(comparison, range, match);
      matchCoreless(comparison, {range.a_low, match.a, range.b_low, match.b}, sink);
    }
    sink.add(match);
    range.a_low = match.a + match.size;
    range.b_low = match.b + match.size;
  }
  matchCoreless(comparison, range, sink);
}

}  // namespace foothold::text
