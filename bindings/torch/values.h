// Plain C++ results as JS values.
#pragma once

#include <napi.h>

#include <algorithm>
#include <vector>

/// A copy as the typed array of the same element type.
template <typename T>
Napi::TypedArrayOf<T> toTypedArray(Napi::Env env, const T* values, size_t count) {
  auto array = Napi::TypedArrayOf<T>::New(env, count);
  std::copy_n(values, count, array.Data());
  return array;
}

template <typename T>
Napi::TypedArrayOf<T> toTypedArray(Napi::Env env, const std::vector<T>& values) {
  return toTypedArray(env, values.data(), values.size());
}
