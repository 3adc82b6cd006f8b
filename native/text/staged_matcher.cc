#include "native/text/staged_matcher.h"

#include <algorithm>
#include <bit>

#include "native/text/longest_match.h"
#include "native/text/run_scan.h"

namespace foothold::text {

namespace {

// Measured: up to this many pairs of elements, comparing all of them bit by bit beats looking up grams.
constexpr uint64_t kMaxBitArea = uint64_t{1} << 24;

// Largest table of bit rows, in words: half a megabyte, so that it stays in the cache of a core.
constexpr size_t kMaxRowWords = size_t{1} << 16;

uint64_t areaOf(Range range) { return uint64_t{range.a_high - range.a_low} * (range.b_high - range.b_low); }

// The shortest runs worth listing in a range, so that there are few of them: 2, 4 or 8.
uint32_t runSizeFor(Range range) {
  const uint64_t area = areaOf(range);
  return area <= 3000 ? 2 : area <= 80000 ? 4 : 8;
}

// More runs than this are not listed: a range has at most one for each row and column in text that repeats itself
// regularly, and far fewer in others.
size_t maxRunsFor(Range range) { return 64 + 2 * ((range.a_high - range.a_low) + size_t{range.b_high - range.b_low}); }

}  // namespace

bool StagedMatcher::wantsBits(const Comparison& comparison, Range range, Tool tool) const {
  if (tool != Tool::kByCost) return tool == Tool::kBits;
  return areaOf(range) <= kMaxBitArea &&
         (rows_.covers(range.b_low, range.b_high) ||
          BitRows::sizeFor(range.b_high - range.b_low, comparison.num_symbols) <= kMaxRowWords);
}

// Rows of all of b serve every range and every other first sequence; if they would be too large, those of the range
// must do.
void StagedMatcher::coverByRows(const Comparison& comparison, Range range) {
  if (rows_.covers(range.b_low, range.b_high)) return;
  const Range whole = comparison.whole();
  if (BitRows::sizeFor(whole.b_high, comparison.num_symbols) <= kMaxRowWords) range = whole;
  rows_.build(comparison.b_core, range.b_low, range.b_high, comparison.num_symbols);
}

void StagedMatcher::match(const Comparison& comparison, Tool tool, BlockSink& sink) {
  stages_.assign(1, {comparison.whole(), UINT32_MAX});
  while (!stages_.empty()) {
    Stage stage = stages_.back();
    stages_.pop_back();
    if (stage.range.empty()) continue;
    const Range& range = stage.range;
    const uint32_t shorter = std::min(range.a_high - range.a_low, range.b_high - range.b_low);
    if (stage.max_size > shorter) stage.max_size = std::min(stage.max_size, std::bit_ceil(shorter + 1));
    if (stage.max_size == 1) {
      matchCoreless(comparison, range, sink);
      continue;
    }
    if (stage.max_size == 2 && wantsBits(comparison, range, tool)) {
      coverByRows(comparison, range);
      matchSingles(comparison, range, sink);
      continue;
    }
    runs_.shrink(0);
    rest_.clear();
    uint32_t size = listRuns(comparison, stage, tool);
    if (size != 0) {
      splitter_.split(comparison, range, size, runs_, sink, rest_);
    } else {
      size = stage.max_size / 2;
      gram_levels_.match(comparison, range, stage.max_size, sink, rest_);
    }
    for (const Range& rest : rest_) stages_.push_back({rest, size});
  }
}

// Lists the runs of at least the size returned, which is below the stage's; 0 when there are too many of every such
// size.
uint32_t StagedMatcher::listRuns(const Comparison& comparison, const Stage& stage, Tool tool) {
  if (tool == Tool::kLevels || stage.max_size == 2) return 0;
  if (!wantsBits(comparison, stage.range, tool)) {
    return gram_scan_.scan(comparison, stage.range, stage.max_size, maxRunsFor(stage.range), runs_);
  }
  coverByRows(comparison, stage.range);
  const ScanInput input{comparison.a_core.data(), comparison.b_core.data(), &rows_, stage.range};
  for (uint32_t size = std::min(runSizeFor(stage.range), stage.max_size / 2); size <= 8 && size < stage.max_size;
       size *= 2) {
    if (scanRuns(input, size, maxRunsFor(stage.range), runs_)) return size;
  }
  return gram_scan_.scan(comparison, stage.range, stage.max_size, maxRunsFor(stage.range), runs_);
}

// With no run of two left, the longest match is the first equal pair: nothing lies before it in b, so that only
// elements that extend matches are left there, and the search goes on behind it.
void StagedMatcher::matchSingles(const Comparison& comparison, Range range, BlockSink& sink) {
  const uint32_t last_word = rows_.wordOf(range.b_high - 1);
  if (!comparison.extends() && rows_.holds(last_word, range.b_low)) {
    matchSinglesInWord(comparison, range, last_word, sink);
    return;
  }
  while (!range.empty()) {
    Match match = firstEqual(comparison, range);
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

// The same where one word holds all columns and nothing extends a match.
void StagedMatcher::matchSinglesInWord(const Comparison& comparison, Range range, uint32_t word, BlockSink& sink) {
  uint64_t open = rows_.columnMask(word, range.b_low, range.b_high);
  for (uint32_t i = range.a_low; i < range.a_high && open != 0; ++i) {
    const uint64_t bits = rows_.row(comparison.a_core[i])[word] & open;
    if (bits == 0) continue;
    sink.add({i, rows_.firstColumn(word) + static_cast<uint32_t>(std::countr_zero(bits)), 1});
    open &= ~(bits ^ (bits - 1));  // What lies behind the lowest bit.
  }
}

// The first pair of equal core symbols, in a, then in b; of size 0 when there is none.
Match StagedMatcher::firstEqual(const Comparison& comparison, Range range) const {
  const uint32_t first_word = rows_.wordOf(range.b_low);
  const uint32_t last_word = rows_.wordOf(range.b_high - 1);
  for (uint32_t i = range.a_low; i < range.a_high; ++i) {
    const uint64_t* row = rows_.row(comparison.a_core[i]);
    for (uint32_t word = first_word; word <= last_word; ++word) {
      uint64_t bits = row[word] & (~uint64_t{0} << BitRows::kOverlap);
      if (word == first_word || word == last_word) bits &= rows_.columnMask(word, range.b_low, range.b_high);
      if (bits != 0) return {i, rows_.firstColumn(word) + static_cast<uint32_t>(std::countr_zero(bits)), 1};
    }
  }
  return {0, 0, 0};
}

}  // namespace foothold::text
