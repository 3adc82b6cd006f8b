#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace foothold::rollout {

/// How many of a pool's first places a step computes when `count` are taken: few different numbers, so that the same
/// step can be used again, and never many too many.
int64_t placesFor(int64_t count, int64_t capacity);

/// Which of the places 0 … capacity − 1 hold which things.
class Places {
 public:
  explicit Places(int64_t capacity) : ids_(capacity, kFree) {}

  int64_t capacity() const { return static_cast<int64_t>(ids_.size()); }
  int64_t count() const { return static_cast<int64_t>(places_.size()); }
  bool holds(int64_t id) const { return places_.count(id) > 0; }
  int64_t of(int64_t id) const { return places_.at(id); }

  /// Take the lowest free place for it; there must be one.
  int64_t take(int64_t id);
  void free(int64_t id);
  /// What is not in `ids` loses its place.
  void keepOnly(const std::vector<int64_t>& ids);
  /// Everything goes to the first `end` places, which must be enough: the moves that this takes, from and to.
  std::vector<std::pair<int64_t, int64_t>> moveBelow(int64_t end);

 private:
  static constexpr int64_t kFree = -1;
  int64_t lowestFree() const;

  std::vector<int64_t> ids_;  // by place
  std::unordered_map<int64_t, int64_t> places_;
};

}  // namespace foothold::rollout
