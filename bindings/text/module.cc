// The addon foothold_text. Registers what the other files export, nothing else.
#include <napi.h>

#include "bindings/text/matcher.h"
#include "bindings/text/open_library.h"
#include "bindings/text/ratios.h"

namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  foothold::text::registerMatcher(env, exports);
  foothold::text::registerRatios(env, exports);
  foothold::text::registerOpenLibrary(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(foothold_text, initialize)
