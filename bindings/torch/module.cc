#include <napi.h>

#include "bindings/torch/register.h"
#include "native/model/vector_math.h"

static Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  foothold::model::chooseVectorFunctions();
  registerIo(env, exports);
  registerPolicy(env, exports);
  registerTrain(env, exports);
  return exports;
}

NODE_API_MODULE(foothold_torch, initialise)
