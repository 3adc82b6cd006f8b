// C++ exceptions as JS errors with a `code`.
#pragma once

#include <napi.h>

#include <exception>
#include <stdexcept>

/// A device was asked for that there is not.
struct DeviceError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The JS error, to be thrown or to reject a promise with. Its `code`:
///   FOOTHOLD_FORMAT         a damaged or unsupported file
///   FOOTHOLD_IO             the operating system refused
///   FOOTHOLD_MODEL          a file that does not hold the model it should
///   FOOTHOLD_ARGUMENT       values that do not fit together
///   FOOTHOLD_DEVICE         a device that there is not
///   FOOTHOLD_ABORTED        the call was cancelled
///   FOOTHOLD_OUT_OF_MEMORY  the machine or the device has no room
///   FOOTHOLD_INTERNAL       anything else: a defect of Foothold or of LibTorch
/// Main thread only.
Napi::Error toJsError(Napi::Env env, const std::exception_ptr& error);
Napi::Error toJsError(Napi::Env env, const std::exception& error);
