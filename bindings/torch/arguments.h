// Reading JS objects into plain C++ structs. Every error names the key, what was expected and what was given.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "native/model/ragged.h"

/// The properties of one JS object, read by key.
class Arguments {
 public:
  /// `name`: what the object is called in error messages.
  Arguments(const Napi::Value& value, std::string name);

  bool has(const char* key) const;
  Arguments object(const char* key) const;
  double number(const char* key) const;
  int64_t integer(const char* key) const;
  int64_t integerOr(const char* key, int64_t fallback) const { return has(key) ? integer(key) : fallback; }
  double numberOr(const char* key, double fallback) const { return has(key) ? number(key) : fallback; }
  bool boolean(const char* key) const;
  std::string string(const char* key) const;
  std::vector<std::string> strings(const char* key) const;
  std::vector<int32_t> integers(const char* key) const;  // a plain array of numbers

  std::vector<int32_t> int32Array(const char* key) const;
  std::vector<float> float32Array(const char* key) const;
  std::vector<double> float64Array(const char* key) const;
  std::vector<uint8_t> uint8Array(const char* key) const;
  foothold::Ragged ragged(const char* key) const;

  /// The index of the key's string among `names`.
  size_t choice(const char* key, const std::vector<std::string>& names) const;

 private:
  Napi::Value get(const char* key) const { return object_.Get(key); }
  [[noreturn]] void fail(const char* key, const std::string& expected) const;
  template <typename T>
  std::vector<T> typedArray(const char* key, napi_typedarray_type type, const char* expected) const;

  Napi::Object object_;
  std::string name_;
};
