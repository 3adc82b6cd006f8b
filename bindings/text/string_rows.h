// Strings of JavaScript as rows of UTF-16 text.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace foothold::text {

/// A copy of the strings of a JS array. Rows stay where they are while others are added.
class StringRows {
 public:
  /// `name` is the argument's name, for the error when an entry is no string.
  StringRows(Napi::Array strings, const char* name)
      : strings_(strings), name_(name), rows_(strings.Length()), next_(nullptr), end_(nullptr) {}

  std::span<const std::u16string_view> rows() const { return rows_; }

  /// Copies string i. Throws a TypeError when it is none.
  void fill(uint32_t i);

 private:
  void addBlock(size_t units);

  Napi::Array strings_;  // Valid during the call that passed it.
  const char* name_;
  std::vector<std::u16string_view> rows_;
  std::vector<std::unique_ptr<char16_t[]>> blocks_;
  char16_t* next_;
  char16_t* end_;
};

}  // namespace foothold::text
