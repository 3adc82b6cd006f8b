// What SequenceMatcher knows about its second sequence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/text/symbol_table.h"

namespace foothold::text {

/// How an element of the second sequence takes part in matching.
enum class Role : uint8_t {
  kPlain,    // Starts matches.
  kPopular,  // Too frequent to start a match (autojunk); extends one among the plain elements.
  kJunk,     // Never starts a match; extends one last.
};

/// The second sequence `b`, its elements numbered, with the positions of each element in ascending order (CPython's
/// `b2j`, flat) and the elements left out of it: junk, and with `autojunk` the popular ones.
class SequenceIndex {
 public:
  /// `isJunk(element)` is asked once for each distinct element.
  template <typename IsJunk>
  void build(std::span<const uint32_t> b, bool autojunk, IsJunk isJunk) {
    number(b);
    roles_.assign(table_.size(), Role::kPlain);
    has_excluded_ = false;
    for (uint32_t symbol = 0; symbol < table_.size(); ++symbol) {
      if (!isJunk(table_.element(symbol))) continue;
      roles_[symbol] = Role::kJunk;
      has_excluded_ = true;
    }
    if (autojunk) findPopular();
  }

  void build(std::span<const uint32_t> b, bool autojunk) {
    build(b, autojunk, [](uint32_t) { return false; });
  }

  uint32_t length() const { return static_cast<uint32_t>(symbols_.size()); }
  std::span<const uint32_t> symbols() const { return symbols_; }
  const SymbolTable& table() const { return table_; }

  /// Whether some element is junk or popular. Without any, a longest match can never be extended.
  bool hasExcluded() const { return has_excluded_; }
  Role role(uint32_t symbol) const { return roles_[symbol]; }

  /// Where a symbol occurs in b, ascending.
  std::span<const uint32_t> positions(uint32_t symbol) const {
    return {positions_.data() + starts_[symbol], positions_.data() + starts_[symbol + 1]};
  }

  /// Numbers the elements of a first sequence; those that b lacks become SymbolTable::kAbsent.
  void numberOther(std::span<const uint32_t> a, std::vector<uint32_t>& out) const;

 private:
  void number(std::span<const uint32_t> b);
  void findPopular();

  SymbolTable table_;
  std::vector<uint32_t> symbols_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> positions_;
  std::vector<Role> roles_;
  bool has_excluded_ = false;
};

}  // namespace foothold::text
