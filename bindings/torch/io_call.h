#pragma once

#include <napi.h>

#include <exception>

#include "bindings/torch/errors.h"

/// Runs `call(env)` and turns the C++ exceptions out of it into JS errors with their codes.
template <typename Call>
Napi::Value withErrorCodes(const Napi::CallbackInfo& info, Call call) {
  try {
    return call(info.Env());
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw toJsError(info.Env(), error);
  }
}
