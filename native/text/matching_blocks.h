// Every block in which two sequences agree.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/text/longest_match.h"
#include "native/text/match.h"
#include "native/text/sequence_index.h"

namespace foothold::text {

/// SequenceMatcher.get_matching_blocks without its closing empty block: longest matches, found again and again in what
/// is left and right of one found, sorted, with adjacent blocks joined.
std::vector<Match> matchingBlocks(std::span<const uint32_t> a, const SequenceIndex& index, LongestMatchFinder& finder);

/// Sorts blocks and joins those that touch in both sequences.
void sortAndJoin(std::vector<Match>& blocks);

/// Ratio of `matched` elements to all: 2 M / T, and 1 for two empty sequences.
double ratioOf(uint64_t matched, uint64_t total_length);

}  // namespace foothold::text
