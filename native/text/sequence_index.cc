#include "native/text/sequence_index.h"

namespace foothold::text {

void SequenceIndex::number(std::span<const uint32_t> b) {
  table_.clear();
  symbols_.resize(b.size());
  for (size_t j = 0; j < b.size(); ++j) symbols_[j] = table_.intern(b[j]);

  // Counting sort of the positions by symbol.
  starts_.assign(table_.size() + 1, 0);
  for (uint32_t symbol : symbols_) ++starts_[symbol + 1];
  for (uint32_t symbol = 0; symbol < table_.size(); ++symbol) starts_[symbol + 1] += starts_[symbol];
  positions_.resize(b.size());
  std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
  for (uint32_t j = 0; j < b.size(); ++j) positions_[next[symbols_[j]]++] = j;
}

// CPython 3.11, SequenceMatcher.__chain_b: from 200 elements on, an element that makes up more than 1 % of b (of
// its length + 100, rounded down) is popular. Junk is never popular.
void SequenceIndex::findPopular() {
  if (length() < 200) return;
  const uint32_t limit = length() / 100 + 1;
  for (uint32_t symbol = 0; symbol < table_.size(); ++symbol) {
    if (roles_[symbol] == Role::kPlain && positions(symbol).size() > limit) {
      roles_[symbol] = Role::kPopular;
      has_excluded_ = true;
    }
  }
}

void SequenceIndex::numberOther(std::span<const uint32_t> a, std::vector<uint32_t>& out) const {
  out.resize(a.size());
  for (size_t i = 0; i < a.size(); ++i) out[i] = table_.find(a[i]);
}

}  // namespace foothold::text
