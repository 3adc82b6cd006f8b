// Finds the runs of a range by bit-parallel comparison.
#pragma once

#include <cstdint>

#include "native/text/bit_rows.h"
#include "native/text/match.h"
#include "native/text/runs.h"

namespace foothold::text {

/// The part of two sequences to look at.
struct ScanInput {
  const uint32_t* a;    ///< Symbols, none beyond the row of `rows` that is empty.
  const uint32_t* b;    ///< Symbols.
  const BitRows* rows;  ///< They cover the columns of the range.
  Range range;
};

/// Pushes every run of at least `min_size` (2, 4 or 8) elements in the range, cut at its edges, in the coordinates of
/// the sequences. Time O(rows · columns / (56 · lanes) + runs). Returns false, with `runs` as it was, when there would
/// be more than `max_runs`.
bool scanRuns(const ScanInput& input, uint32_t min_size, size_t max_runs, RunStack& runs);

/// Instruction sets that scanRuns can use. Portable code becomes SSE2 on x86-64 and NEON on arm64.
enum class InstructionSet { kPortable, kAvx2, kAvx512 };

/// The widest set that this processor has.
InstructionSet widestInstructionSet();

/// Makes scanRuns use a set from now on, at most the widest. For tests; it takes the widest by itself.
void useInstructionSet(InstructionSet set);

}  // namespace foothold::text
