// Advantages, and what this build of LibTorch is.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <napi.h>
#include <torch/version.h>

#include <numeric>

#include "bindings/torch/arguments.h"
#include "bindings/torch/register.h"
#include "bindings/torch/values.h"
#include "native/model/kernel_trial.h"
#include "native/model/kernels.h"
#include "native/train/advantages.h"

namespace {

using foothold::train::ScaleRewards;

Napi::Value computeAdvantages(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Arguments arguments(info[0], "computeAdvantages");
  const auto rewards = arguments.float64Array("rewards");
  const auto groupSizes = arguments.int32Array("groupSizes");
  const auto scale = static_cast<ScaleRewards>(arguments.choice("scale", {"group", "batch", "none"}));
  int64_t total = 0;
  for (const int32_t size : groupSizes) {
    if (size < 1) throw Napi::TypeError::New(env, "groupSizes must be at least 1 each");
    total += size;
  }
  if (total != static_cast<int64_t>(rewards.size())) {
    throw Napi::TypeError::New(env, "groupSizes sum to " + std::to_string(total) + ", but there are " +
                                        std::to_string(rewards.size()) + " rewards");
  }
  const auto result = foothold::train::computeAdvantages(rewards, groupSizes, scale);
  Napi::Object object = Napi::Object::New(env);
  object.Set("advantages", toTypedArray(env, result.advantages));
  object.Set("mean", toTypedArray(env, result.mean));
  object.Set("std", toTypedArray(env, result.std));
  return object;
}

Napi::Value torchInfo(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object object = Napi::Object::New(env);
  object.Set("version", TORCH_VERSION);
  const bool cuda = at::hasCUDA();
  object.Set("cudaDevices", Napi::Number::New(env, cuda ? static_cast<double>(at::getNumGPUs()) : 0.0));
  const auto choices = foothold::model::notedChoices();
  Napi::Array kernels = Napi::Array::New(env, choices.size());
  for (size_t i = 0; i < choices.size(); ++i) kernels.Set(static_cast<uint32_t>(i), choices[i]);
  object.Set("kernels", kernels);
  object.Set("threads", Napi::Number::New(env, at::get_num_threads()));
  return object;
}

Napi::Value setKernelsEnabled(const Napi::CallbackInfo& info) {
  foothold::model::kernels::setEnabled(info[0].ToBoolean());
  using foothold::model::kernels::Registers;
  std::optional<Registers> registers;
  if (info[1].IsNumber()) registers = static_cast<Registers>(info[1].As<Napi::Number>().Int32Value());
  foothold::model::kernels::useRegisters(registers);
  return info.Env().Undefined();
}

}  // namespace

void registerTrain(Napi::Env env, Napi::Object exports) {
  exports.Set("computeAdvantages", Napi::Function::New(env, computeAdvantages));
  exports.Set("setKernelsEnabled", Napi::Function::New(env, setKernelsEnabled));
  exports.Set("torchInfo", Napi::Function::New(env, torchInfo));
}
