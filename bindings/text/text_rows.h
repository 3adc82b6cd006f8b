// Strings of JavaScript as rows of UTF-16 text.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "native/text/batch.h"

namespace foothold::text {

/// Owns the text of a batch, copied out of an array of JS strings.
class TextBatch {
 public:
  /// `name` is the argument's name, for the error when an entry is no string.
  TextBatch(Napi::Array strings, const char* name);

  TextRows rows() const { return {units_.get(), offsets_.data(), offsets_.size() - 1}; }

 private:
  bool append(napi_env env, napi_value value);
  void grow(size_t room);

  std::unique_ptr<char16_t[]> units_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  std::vector<uint64_t> offsets_;
};

}  // namespace foothold::text
