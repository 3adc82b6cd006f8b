// Runs: stretches of a diagonal along which two sequences agree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace foothold::text {

/// A run in one number, for fast choice: the largest is the longest, then the first in a, then the first in b.
class Run {
 public:
  Run() = default;
  Run(uint32_t a, uint32_t b, uint32_t size)
      : key_(static_cast<Key>(size) << 64 | static_cast<uint64_t>(~a) << 32 | static_cast<uint32_t>(~b)) {}

  uint32_t size() const { return static_cast<uint32_t>(key_ >> 64); }
  uint32_t a() const { return ~static_cast<uint32_t>(key_ >> 32); }
  uint32_t b() const { return ~static_cast<uint32_t>(key_); }

  bool operator<(Run other) const { return key_ < other.key_; }

 private:
  __extension__ typedef unsigned __int128 Key;
  Key key_;
};

/// Number of equal elements at the beginning of two stretches of `room` elements.
static inline uint32_t commonPrefix(const uint32_t* a, const uint32_t* b, uint32_t room) {
  constexpr uint32_t kStep = 8;
  uint32_t equal = 0;
  for (; equal + kStep <= room; equal += kStep) {
    uint32_t difference = 0;
    for (uint32_t k = 0; k < kStep; ++k) difference |= a[equal + k] ^ b[equal + k];
    if (difference != 0) break;
  }
  while (equal < room && a[equal] == b[equal]) ++equal;
  return equal;
}

/// A stack of runs that hands out raw room for many at once.
class RunStack {
 public:
  size_t size() const { return size_; }
  Run* data() { return runs_.get(); }

  /// Room for `count` more runs behind the last; becomes part of the stack by commit().
  Run* reserve(size_t count) {
    if (size_ + count > capacity_) grow(size_ + count);
    return runs_.get() + size_;
  }
  void commit(size_t count) { size_ += count; }
  void shrink(size_t size) { size_ = size; }

 private:
  void grow(size_t needed) {
    capacity_ = std::max(needed, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<Run[]>(capacity_);
    std::copy_n(runs_.get(), size_, larger.get());
    runs_ = std::move(larger);
  }

  std::unique_ptr<Run[]> runs_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace foothold::text
