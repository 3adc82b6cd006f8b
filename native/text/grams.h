// Numbers for stretches of several symbols (grams), so that equal stretches have equal numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/match.h"

namespace foothold::text {

/// Numbers pairs of numbers 0, 1, 2, … in the order in which they are first seen.
class PairNumbers {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  /// Forgets all pairs and makes room for `capacity` of them.
  void reset(size_t capacity);

  uint32_t intern(uint32_t first, uint32_t second);
  uint32_t find(uint32_t first, uint32_t second) const;
  uint32_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key;
    uint32_t number;  // kAbsent where free.
  };
  size_t slotOf(uint64_t key) const;

  std::vector<Slot> slots_;
  uint32_t shift_ = 0;
  uint32_t size_ = 0;
};

/// The grams of one length that start at each position of a range, numbered below `count`; kAbsent where a gram holds a
/// symbol that cannot match, and in `a` where b lacks it. Positions count from the range's corner; there are
/// as many as there are whole grams in the range.
struct Grams {
  static constexpr uint32_t kAbsent = PairNumbers::kAbsent;

  uint32_t length = 0;
  uint32_t count = 0;
  std::vector<uint32_t> a;
  std::vector<uint32_t> b;

  /// Grams of one symbol.
  void start(const Comparison& comparison, Range range);

  /// Grams of `shorter.length + offset` symbols, from two that overlap or touch (offset <= shorter.length).
  void join(const Grams& shorter, uint32_t offset, PairNumbers& pairs);
};

}  // namespace foothold::text
