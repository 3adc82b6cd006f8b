#pragma once

#include <napi.h>

/// writeSafetensors(path, tensors: [{ name, dtype, shape, values: Float32Array }], metadata: { [key]: string })
Napi::Value writeSafetensorsFromJs(const Napi::CallbackInfo& info);

/// createGguf(path, tensors: [{ name, dtype, shape }],
///            metadata: { [key]: { type, value } | { type: "Array", elementType, value } })
/// → { write(values: Float32Array, disposable: boolean), commit(), discard() }: `write` takes the values of the next
/// tensor, and frees them if nobody else needs them; `discard` does nothing after `commit`.
Napi::Value createGgufFromJs(const Napi::CallbackInfo& info);
