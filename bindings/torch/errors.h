// C++ exceptions as JS errors with a `code`.
#pragma once

#include <napi.h>

#include <exception>

#include "native/io/errors.h"

/// The `code` of the JS error for an exception: FOOTHOLD_FORMAT (a damaged or unsupported file), FOOTHOLD_IO (the
/// operating system refused) or null for any other.
inline const char* errorCode(const std::exception& error) {
  if (dynamic_cast<const foothold::io::FormatError*>(&error)) return "FOOTHOLD_FORMAT";
  if (dynamic_cast<const foothold::io::IoError*>(&error)) return "FOOTHOLD_IO";
  return nullptr;
}

/// The JS error, to be thrown or to reject a promise with. Main thread only.
inline Napi::Error toJsError(Napi::Env env, const std::exception& error) {
  Napi::Error jsError = Napi::Error::New(env, error.what());
  if (const char* code = errorCode(error)) jsError.Set("code", Napi::String::New(env, code));
  return jsError;
}
