#include <napi.h>

#include "bindings/torch/register.h"

static Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  registerIo(env, exports);
  registerPolicy(env, exports);
  registerTrain(env, exports);
  return exports;
}

NODE_API_MODULE(foothold_torch, initialise)
