#pragma once

#include <napi.h>

/// writeSafetensors(path, tensors: [{ name, dtype, shape, values: Float32Array }], metadata: { [key]: string })
Napi::Value writeSafetensorsFromJs(const Napi::CallbackInfo& info);

/// writeGguf(path, tensors: [{ …, values: Float32Array | () => Float32Array }],
///           metadata: { [key]: { type, value } | { type: "Array", elementType, value } })
Napi::Value writeGgufFromJs(const Napi::CallbackInfo& info);
