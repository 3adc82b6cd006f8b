#include "native/text/sequence_index.h"

namespace foothold::text {

void SequenceIndex::number(std::span<const uint32_t> b) {
  table_.clear();
  symbols_.resize(b.size());
  for (size_t j = 0; j < b.size(); ++j) symbols_[j] = table_.intern(b[j]);
  roles_.assign(table_.size(), Role::kPlain);
  has_excluded_ = false;
}

std::vector<uint32_t> SequenceIndex::countOccurrences() const {
  std::vector<uint32_t> counts(table_.size(), 0);
  for (uint32_t symbol : symbols_) ++counts[symbol];
  return counts;
}

void SequenceIndex::exclude(uint32_t symbol, Role role) {
  roles_[symbol] = role;
  has_excluded_ = true;
}

// Popular as in CPython 3.11, SequenceMatcher.__chain_b: from 200 elements on, what occurs more than length / 100 + 1
// times (rounded down). Junk is never popular.
void SequenceIndex::finish(bool autojunk) {
  if (autojunk && length() >= 200) {
    const uint32_t limit = length() / 100 + 1;
    const std::vector<uint32_t> counts = countOccurrences();
    for (uint32_t symbol = 0; symbol < table_.size(); ++symbol) {
      if (roles_[symbol] == Role::kPlain && counts[symbol] > limit) exclude(symbol, Role::kPopular);
    }
  }
  if (!has_excluded_) return;
  core_symbols_ = symbols_;
  for (uint32_t& symbol : core_symbols_) {
    if (roles_[symbol] != Role::kPlain) symbol = table_.size() + 1;
  }
}

uint64_t SequenceIndex::countCommon(std::span<const uint32_t> a) const {
  std::vector<uint32_t> left = countOccurrences();
  uint64_t common = 0;
  for (uint32_t element : a) {
    const uint32_t symbol = table_.find(element);
    if (symbol == SymbolTable::kAbsent || left[symbol] == 0) continue;
    --left[symbol];
    ++common;
  }
  return common;
}

}  // namespace foothold::text
