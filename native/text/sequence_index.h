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

/// The second sequence `b`, its elements numbered, and the role of each distinct element: junk and, with `autojunk`,
/// popular elements are excluded from starting a match.
class SequenceIndex {
 public:
  /// `isJunk(element)` is asked once for each distinct element.
  template <typename IsJunk>
  void build(std::span<const uint32_t> b, bool autojunk, IsJunk isJunk) {
    number(b);
    for (uint32_t symbol = 0; symbol < table_.size(); ++symbol) {
      if (isJunk(table_.element(symbol))) exclude(symbol, Role::kJunk);
    }
    finish(autojunk);
  }

  void build(std::span<const uint32_t> b, bool autojunk) {
    number(b);
    finish(autojunk);
  }

  uint32_t length() const { return static_cast<uint32_t>(symbols_.size()); }
  const SymbolTable& table() const { return table_; }
  Role role(uint32_t symbol) const { return roles_[symbol]; }

  /// Whether some element is junk or popular. Without any, a longest match can never be extended.
  bool hasExcluded() const { return has_excluded_; }

  /// Number of elements that a and b have in common, each counted as often as it occurs in both.
  uint64_t countCommon(std::span<const uint32_t> a) const;

  /// The elements of b, numbered.
  std::span<const uint32_t> symbols() const { return symbols_; }

  /// The same with table().size() + 1 in the place of each excluded element.
  std::span<const uint32_t> coreSymbols() const { return has_excluded_ ? core_symbols_ : symbols_; }

 private:
  void number(std::span<const uint32_t> b);
  std::vector<uint32_t> countOccurrences() const;
  void exclude(uint32_t symbol, Role role);
  void finish(bool autojunk);

  SymbolTable table_;
  std::vector<uint32_t> symbols_;
  std::vector<uint32_t> core_symbols_;
  std::vector<Role> roles_;
  bool has_excluded_ = false;
};

}  // namespace foothold::text
