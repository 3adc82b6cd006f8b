#include "bindings/torch/errors.h"

#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>
#include <string>

#include "native/io/errors.h"
#include "native/model/load.h"
#include "native/model/progress.h"
#include "native/rollout/sampler.h"

namespace {

template <typename E>
bool is(const std::exception& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}

/// LibTorch's message without its C++ backtrace.
std::string messageOf(const std::exception& error) {
  if (const auto* torchError = dynamic_cast<const c10::Error*>(&error)) return torchError->what_without_backtrace();
  return error.what();
}

bool isOutOfMemory(const std::exception& error, const std::string& message) {
  return is<std::bad_alloc>(error) || is<c10::OutOfMemoryError>(error) ||
         message.find("can't allocate memory") != std::string::npos;
}

const char* codeOf(const std::exception& error, const std::string& message) {
  if (is<foothold::io::FormatError>(error)) return "FOOTHOLD_FORMAT";
  if (is<foothold::io::IoError>(error)) return "FOOTHOLD_IO";
  if (is<foothold::model::ModelError>(error)) return "FOOTHOLD_MODEL";
  if (is<foothold::Cancelled>(error)) return "FOOTHOLD_ABORTED";
  if (is<DeviceError>(error)) return "FOOTHOLD_DEVICE";
  if (is<foothold::rollout::NotFinite>(error)) return "FOOTHOLD_NOT_FINITE";
  if (isOutOfMemory(error, message)) return "FOOTHOLD_OUT_OF_MEMORY";
  if (is<std::invalid_argument>(error)) return "FOOTHOLD_ARGUMENT";
  return "FOOTHOLD_INTERNAL";
}

}  // namespace

Napi::Error toJsError(Napi::Env env, const std::exception& error) {
  const std::string message = messageOf(error);
  Napi::Error jsError = Napi::Error::New(env, message);
  jsError.Set("code", Napi::String::New(env, codeOf(error, message)));
  return jsError;
}

Napi::Error toJsError(Napi::Env env, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return toJsError(env, exception);
  } catch (...) {
    return Napi::Error::New(env, "An unknown native exception");
  }
}
