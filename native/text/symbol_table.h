// Dense numbers for the distinct elements of a sequence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace foothold::text {

/// Numbers elements 0, 1, 2, … in the order in which they are first seen. Elements are any 32-bit values.
class SymbolTable {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  SymbolTable();

  /// Number of `element`, new if it was not known.
  uint32_t intern(uint32_t element) {
    if (element >= kDirect) return internHashed(element);
    uint32_t& symbol = direct_[element];
    if (symbol == kAbsent) symbol = append(element);
    return symbol;
  }

  /// Number of `element`, or kAbsent.
  uint32_t find(uint32_t element) const { return element < kDirect ? direct_[element] : findHashed(element); }

  /// Number of distinct elements.
  uint32_t size() const { return static_cast<uint32_t>(elements_.size()); }

  /// The element with a number.
  uint32_t element(uint32_t symbol) const { return elements_[symbol]; }

  /// Forgets all elements; costs as much as there were elements.
  void clear();

 private:
  static constexpr uint32_t kDirect = 256;
  uint32_t append(uint32_t element) {
    elements_.push_back(element);
    return size() - 1;
  }
  uint32_t internHashed(uint32_t element);
  uint32_t findHashed(uint32_t element) const;
  size_t slotOf(uint32_t element) const;
  void grow();

  std::array<uint32_t, kDirect> direct_;  // Latin-1, the common case, without hashing.
  std::vector<uint32_t> slots_;           // Open addressing: numbers, kAbsent where free.
  uint32_t hashed_ = 0;
  std::vector<uint32_t> elements_;
};

}  // namespace foothold::text
