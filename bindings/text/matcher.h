#pragma once

#include <napi.h>

namespace foothold::text {

/// Exports the class `Matcher`, one pair of sequences that can be asked again and again, and `useInstructionSet`;
/// bindings/text.ts types them.
void registerMatcher(Napi::Env env, Napi::Object exports);

}  // namespace foothold::text
