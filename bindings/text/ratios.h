#pragma once

#include <napi.h>

namespace foothold::text {

/// Exports `ratios` and `ratiosAsync`; bindings/text.ts types them.
void registerRatios(Napi::Env env, Napi::Object exports);

}  // namespace foothold::text
