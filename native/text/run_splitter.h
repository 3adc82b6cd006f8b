// Takes the blocks of a range out of the list of its runs.
#pragma once

#include <cstdint>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/runs.h"

namespace foothold::text {

/// Repeats "take the longest run, then go on left and right of it" for a range of which all runs from some size on are
/// known, without looking at the sequences again.
class RunSplitter {
 public:
  /// `runs` are all runs of the range with at least `min_size` elements; they are used up. Blocks go to `sink`; the
  /// ranges between them, which hold no run of min_size any more, are appended to `rest`.
  void split(const Comparison& comparison, Range range, uint32_t min_size, RunStack& runs, BlockSink& sink,
             std::vector<Range>& rest);

 private:
  struct Part {
    Range range;
    size_t first;  // Its runs lie on the stack from here to the next part's.
  };

  std::vector<Part> parts_;
  std::vector<Run> right_;
};

}  // namespace foothold::text
