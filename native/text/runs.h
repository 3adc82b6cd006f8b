// Runs: stretches of a diagonal along which two sequences agree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace foothold::text {

/// A run in one number, for fast choice: the largest is the longest, then the first in a, then the first in b.
/// Coordinates are relative to a corner that the holder of the run knows, each below 2^21.
class Run {
 public:
  static constexpr uint32_t kBits = 21;
  static constexpr uint32_t kMax = (1u << kBits) - 1;

  Run() = default;
  Run(uint32_t a, uint32_t b, uint32_t size)
      : key_(uint64_t{size} << (2 * kBits) | uint64_t{kMax - a} << kBits | (kMax - b)) {}

  uint32_t size() const { return static_cast<uint32_t>(key_ >> (2 * kBits)); }
  uint32_t a() const { return kMax - (static_cast<uint32_t>(key_ >> kBits) & kMax); }
  uint32_t b() const { return kMax - (static_cast<uint32_t>(key_) & kMax); }

  bool operator<(Run other) const { return key_ < other.key_; }

 private:
  uint64_t key_;
};
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
