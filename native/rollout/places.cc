#include "native/rollout/places.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <unordered_set>

namespace foothold::rollout {

int64_t placesFor(int64_t count, int64_t capacity) {
  constexpr int64_t kStride = 8;
  int64_t places = 1;
  while (places < count && places < kStride) places *= 2;
  if (places < count) places = (count + kStride - 1) / kStride * kStride;
  return std::min(places, capacity);
}

int64_t Places::lowestFree() const {
  const auto place = std::find(ids_.begin(), ids_.end(), kFree);
  TORCH_INTERNAL_ASSERT(place != ids_.end(), "no place is free");
  return place - ids_.begin();
}

int64_t Places::take(int64_t id) {
  const int64_t place = lowestFree();
  ids_[place] = id;
  places_[id] = place;
  return place;
}

void Places::free(int64_t id) {
  ids_[places_.at(id)] = kFree;
  places_.erase(id);
}

void Places::keepOnly(const std::vector<int64_t>& ids) {
  const std::unordered_set<int64_t> kept(ids.begin(), ids.end());
  for (const int64_t id : std::vector<int64_t>(ids_)) {
    if (id != kFree && kept.count(id) == 0) free(id);
  }
}

std::vector<std::pair<int64_t, int64_t>> Places::moveBelow(int64_t end) {
  std::vector<std::pair<int64_t, int64_t>> moves;
  for (int64_t from = end; from < capacity(); ++from) {
    const int64_t id = ids_[from];
    if (id == kFree) continue;
    free(id);
    moves.emplace_back(from, take(id));
    TORCH_INTERNAL_ASSERT(moves.back().second < end);
  }
  return moves;
}

}  // namespace foothold::rollout
