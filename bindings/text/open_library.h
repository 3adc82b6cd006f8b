#pragma once

#include <napi.h>

namespace foothold::text {

/// Adds `openLibraries(paths: string[]): void` to the exports.
void registerOpenLibrary(Napi::Env env, Napi::Object exports);

}  // namespace foothold::text
