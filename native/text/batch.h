// Ratios of many pairs at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace foothold::text {

/// Rows of UTF-16 text side by side: row i is units[offsets[i] .. offsets[i + 1]).
struct TextRows {
  const char16_t* units;
  const uint64_t* offsets;
  size_t count;

  std::u16string_view row(size_t i) const {
    return {units + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i])};
  }
};

/// SequenceMatcher(None, actions[i], experts[i], autojunk).ratio() for each i, into `ratios`. The index of an expert is
/// kept for as long as the next expert is the same text. Stops early, leaving the rest unset, when `cancelled` becomes
/// true.
void computeRatios(const TextRows& actions, const TextRows& experts, bool autojunk, unsigned threads,
                   std::span<double> ratios, const std::atomic<bool>& cancelled);

}  // namespace foothold::text
