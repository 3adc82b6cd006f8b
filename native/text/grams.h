// Numbers for stretches of several symbols (grams), so that equal stretches have equal numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "native/text/comparison.h"
#include "native/text/match.h"

namespace foothold::text {

/// Numbers keys 0, 1, 2, … in the order in which they are first seen.
class KeyNumbers {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  /// Forgets all keys and makes room for `capacity` of them.
  void reset(size_t capacity);

  uint32_t intern(uint64_t key);
  uint32_t find(uint64_t key) const { return slots_[slotOf(key)].number; }
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

/// Two numbers as a key.
inline uint64_t pairKey(uint32_t first, uint32_t second) { return uint64_t{first} << 32 | second; }

/// The grams of one length that start at each position of a range, numbered below `count`; in `a` kAbsent where b lacks
/// the gram. Grams with a symbol that cannot match are absent from `a` and, in `b`, absent or equal to no other.
/// Positions count from the range's corner; there are as many as there are whole grams in the range.
struct Grams {
  static constexpr uint32_t kAbsent = KeyNumbers::kAbsent;

  uint32_t length = 0;
  uint32_t count = 0;
  std::vector<uint32_t> a;
  std::vector<uint32_t> b;

  /// Grams of one symbol.
  void start(const Comparison& comparison, Range range);

  /// Most symbols that startEight can tell apart.
  static constexpr uint32_t kMaxByteSymbols = 254;

  /// Grams of eight symbols at once, where a symbol fits into a byte.
  void startEight(const Comparison& comparison, Range range, KeyNumbers& numbers);

  /// Grams of `shorter.length + offset` symbols, from two that overlap or touch (offset <= shorter.length).
  void join(const Grams& shorter, uint32_t offset, KeyNumbers& numbers);
};

}  // namespace foothold::text
