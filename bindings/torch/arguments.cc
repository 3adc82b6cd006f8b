#include "bindings/torch/arguments.h"

#include <cmath>

namespace {

std::string describe(const Napi::Value& value) {
  if (value.IsUndefined()) return "nothing";
  if (value.IsNull()) return "null";
  if (value.IsNumber() || value.IsString() || value.IsBoolean()) return value.ToString().Utf8Value();
  if (value.IsTypedArray()) return "a typed array of another kind";
  return value.IsArray() ? "an array" : "a value of another type";
}

}  // namespace

Arguments::Arguments(const Napi::Value& value, std::string name) : name_(std::move(name)) {
  if (!value.IsObject()) {
    throw Napi::TypeError::New(value.Env(), name_ + " must be an object, got " + describe(value));
  }
  object_ = value.As<Napi::Object>();
}

void Arguments::fail(const char* key, const std::string& expected) const {
  throw Napi::TypeError::New(object_.Env(), name_ + "." + key + " must be " + expected + ", got " + describe(get(key)));
}

bool Arguments::has(const char* key) const {
  const Napi::Value value = get(key);
  return !value.IsUndefined() && !value.IsNull();
}

Arguments Arguments::object(const char* key) const { return Arguments(get(key), name_ + "." + key); }

double Arguments::number(const char* key) const {
  const Napi::Value value = get(key);
  if (!value.IsNumber() || std::isnan(value.As<Napi::Number>().DoubleValue())) fail(key, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

int64_t Arguments::integer(const char* key) const {
  const Napi::Value value = get(key);
  const double wide = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(std::abs(wide) <= 9007199254740991.0) || wide != std::floor(wide)) fail(key, "a whole number");
  return static_cast<int64_t>(wide);
}

bool Arguments::boolean(const char* key) const {
  if (!get(key).IsBoolean()) fail(key, "true or false");
  return get(key).As<Napi::Boolean>().Value();
}

std::string Arguments::string(const char* key) const {
  if (!get(key).IsString()) fail(key, "a string");
  return get(key).As<Napi::String>().Utf8Value();
}

std::vector<std::string> Arguments::strings(const char* key) const {
  if (!get(key).IsArray()) fail(key, "an array of strings");
  const auto array = get(key).As<Napi::Array>();
  std::vector<std::string> result;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value value = array.Get(i);
    if (!value.IsString()) fail(key, "an array of strings");
    result.push_back(value.As<Napi::String>().Utf8Value());
  }
  return result;
}

std::vector<int32_t> Arguments::integers(const char* key) const {
  if (!get(key).IsArray()) fail(key, "an array of whole numbers");
  const auto array = get(key).As<Napi::Array>();
  std::vector<int32_t> result;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value value = array.Get(i);
    const double wide = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
    if (!(wide >= INT32_MIN && wide <= INT32_MAX) || wide != std::floor(wide)) fail(key, "an array of whole numbers");
    result.push_back(static_cast<int32_t>(wide));
  }
  return result;
}

template <typename T>
std::vector<T> Arguments::typedArray(const char* key, napi_typedarray_type type, const char* expected) const {
  const Napi::Value value = get(key);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) fail(key, expected);
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

std::vector<int32_t> Arguments::int32Array(const char* key) const {
  return typedArray<int32_t>(key, napi_int32_array, "an Int32Array");
}
std::vector<float> Arguments::float32Array(const char* key) const {
  return typedArray<float>(key, napi_float32_array, "a Float32Array");
}
std::vector<double> Arguments::float64Array(const char* key) const {
  return typedArray<double>(key, napi_float64_array, "a Float64Array");
}
std::vector<uint8_t> Arguments::uint8Array(const char* key) const {
  return typedArray<uint8_t>(key, napi_uint8_array, "a Uint8Array");
}

foothold::Ragged Arguments::ragged(const char* key) const {
  const Arguments parts = object(key);
  foothold::Ragged ragged{parts.int32Array("values"), parts.int32Array("offsets")};
  if (ragged.offsets.empty()) parts.fail("offsets", "an Int32Array that begins with 0");
  return ragged;
}

size_t Arguments::choice(const char* key, const std::vector<std::string>& names) const {
  const std::string given = string(key);
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == given) return i;
    list += (i ? ", " : "") + names[i];
  }
  fail(key, "one of " + list);
}
