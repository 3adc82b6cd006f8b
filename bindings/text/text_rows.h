// Strings of JavaScript as rows of UTF-16 text.
#pragma once

#include <napi.h>

#include <vector>

#include "native/text/batch.h"

namespace foothold::text {

/// Owns the text of a batch, copied out of an array of JS strings.
class TextBatch {
 public:
  /// `name` is the argument's name, for the error when an entry is no string.
  TextBatch(Napi::Array strings, const char* name);

  TextRows rows() const { return {units_.data(), offsets_.data(), offsets_.size() - 1}; }

 private:
  std::vector<char16_t> units_;
  std::vector<uint64_t> offsets_;
};

}  // namespace foothold::text
