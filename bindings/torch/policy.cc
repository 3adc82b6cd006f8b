// The JS class NativePolicy: one model, its optimizer, and the thread its calls run on.
#include "native/train/policy.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>
#include <napi.h>

#include <cmath>
#include <future>
#include <memory>
#include <utility>

#include "bindings/torch/arguments.h"
#include "bindings/torch/policy_arguments.h"
#include "bindings/torch/register.h"
#include "bindings/torch/values.h"
#include "bindings/torch/worker.h"
#include "native/rollout/generate.h"
#include "native/train/matrix_products.h"

namespace {

using foothold::Progress;
using foothold::train::Policy;

/// Scoring passes are cut to this many tokens: larger ones are no faster and hold more memory.
constexpr int64_t kScoringTokens = 4096;

Napi::Object rolloutsToJs(Napi::Env env, const std::vector<foothold::rollout::Completion>& completions) {
  std::vector<int32_t> tokens, offsets{0};
  std::vector<float> logProbs;
  std::vector<uint8_t> finished;
  for (const auto& completion : completions) {
    tokens.insert(tokens.end(), completion.tokens.begin(), completion.tokens.end());
    logProbs.insert(logProbs.end(), completion.logProbs.begin(), completion.logProbs.end());
    offsets.push_back(static_cast<int32_t>(tokens.size()));
    finished.push_back(completion.finished);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("tokens", toTypedArray(env, tokens));
  result.Set("offsets", toTypedArray(env, offsets));
  result.Set("logProbs", toTypedArray(env, logProbs));
  result.Set("finished", toTypedArray(env, finished));
  return result;
}

/// Completions that have ended and are still to be told of, with their rows.
struct Ended {
  std::vector<int32_t> rows;
  std::vector<foothold::rollout::Completion> completions;

  void add(int64_t row, const foothold::rollout::Completion& completion) {
    rows.push_back(static_cast<int32_t>(row));
    completions.push_back(completion);
  }

  ToJs take() {
    if (rows.empty()) return nullptr;
    return [ended = std::exchange(*this, {})](Napi::Env env) -> Napi::Value {
      Napi::Object result = rolloutsToJs(env, ended.completions);
      result.Set("rows", toTypedArray(env, ended.rows));
      return result;
    };
  }
};

Napi::Value metricsToJs(Napi::Env env, const foothold::train::UpdateMetrics& metrics) {
  using Skipped = foothold::train::UpdateMetrics::Skipped;
  Napi::Object result = Napi::Object::New(env);
  result.Set("loss", metrics.loss);
  result.Set("gradNorm", metrics.gradNorm);
  result.Set("entropy", metrics.entropy);
  result.Set("kl", metrics.kl);
  result.Set("clipRatioLow", metrics.clipRatioLow);
  result.Set("clipRatioHigh", metrics.clipRatioHigh);
  result.Set("numTokens", static_cast<double>(metrics.numTokens));
  result.Set("numMicroBatches", static_cast<double>(metrics.numMicroBatches));
  result.Set("skipped", metrics.skipped == Skipped::No       ? env.Null()
                        : metrics.skipped == Skipped::Masked ? Napi::Value(Napi::String::New(env, "masked"))
                                                             : Napi::Value(Napi::String::New(env, "nonFinite")));
  return result;
}

ToJs tensorToJs(const at::Tensor& tensor) {
  return [tensor](Napi::Env env) -> Napi::Value {
    return toTypedArray(env, tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel()));
  };
}

ToJs nothing() {
  return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
}

/// What the worker's thread and the JS object share.
struct Shared {
  std::unique_ptr<Policy> policy;
  foothold::rollout::GraphMemory graphMemory;

  Policy& get() {
    if (!policy) throw std::invalid_argument("The policy has no weights: loading it failed or it was disposed");
    return *policy;
  }
};

/// A policy that keeps its values for as long as this exists.
struct Reading {
  Policy* policy;
  std::shared_ptr<void> token;
};

/// Bytes of memory that a device has of its own; 0 for the CPU, which has the machine's.
size_t memoryOf(const at::Device& device) {
  return device.is_cpu() ? 0 : at::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).second;
}

class NativePolicy : public Napi::ObjectWrap<NativePolicy> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativePolicy",
        {InstanceMethod<&NativePolicy::load>("load"), InstanceMethod<&NativePolicy::random>("random"),
         InstanceMethod<&NativePolicy::generate>("generate"), InstanceMethod<&NativePolicy::logProbs>("logProbs"),
         InstanceMethod<&NativePolicy::logits>("logits"), InstanceMethod<&NativePolicy::update>("update"),
         InstanceMethod<&NativePolicy::timeProducts>("timeProducts"),
         InstanceMethod<&NativePolicy::parameter>("parameter"),
         InstanceMethod<&NativePolicy::saveWeights>("saveWeights"),
         InstanceMethod<&NativePolicy::saveOptimizer>("saveOptimizer"), InstanceMethod<&NativePolicy::save>("save"),
         InstanceMethod<&NativePolicy::loadOptimizer>("loadOptimizer"),
         InstanceMethod<&NativePolicy::dispose>("dispose")});
  }

  explicit NativePolicy(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

 private:
  using Work = std::function<ToJs(Policy&, Progress&)>;

  /// Run `work` on the policy, on its thread, after the calls made before.
  Napi::Value call(const Napi::CallbackInfo& info, const Napi::Value& onProgress, Work work, TakeNews takeNews = {}) {
    return startCall(
        info.This().As<Napi::Object>(), worker_, onProgress,
        [shared = shared_, work = std::move(work)](Progress& progress) {
          Policy& policy = shared->get();
          const foothold::model::DeviceStream::Use use(policy.stream);
          return work(policy, progress);
        },
        std::move(takeNews));
  }

  Napi::Value place(const Napi::CallbackInfo& info,
                    std::function<foothold::model::Weights(const foothold::model::ModelConfig&)> makeWeights) {
    const Arguments arguments(info[0], "options");
    const auto config = readModelConfig(arguments.object("config"));
    const std::string device = arguments.string("device");
    const auto type = arguments.choice("dtype", {"float32", "bfloat16"}) == 0 ? at::kFloat : at::kBFloat16;
    return startCall(info.This().As<Napi::Object>(), worker_, info.Env().Undefined(),
                     [=, shared = shared_](Progress&) -> ToJs {
                       const at::Device placed = chooseDevice(device);
                       shared->policy = std::make_unique<Policy>(config, makeWeights(config), placed, type);
                       int64_t count = 0;
                       for (const auto& parameter : shared->policy->optimizer.parameters())
                         count += parameter.value.numel();
                       return [count, name = placed.str(), memory = memoryOf(placed)](Napi::Env env) -> Napi::Value {
                         Napi::Object result = Napi::Object::New(env);
                         result.Set("parameterCount", static_cast<double>(count));
                         result.Set("device", name);
                         result.Set("deviceMemory", static_cast<double>(memory));
                         return result;
                       };
                     });
  }

  Napi::Value load(const Napi::CallbackInfo& info) {
    using foothold::model::FileFormat;
    const Arguments arguments(info[0], "options");
    const auto format = static_cast<FileFormat>(arguments.choice("format", {"safetensors", "gguf"}));
    const auto files = arguments.strings("files");
    return place(info, [format, files](const foothold::model::ModelConfig& config) {
      return foothold::model::loadWeights(config, format, files);
    });
  }

  Napi::Value random(const Napi::CallbackInfo& info) {
    const auto seed = static_cast<uint64_t>(Arguments(info[0], "options").integer("seed"));
    return place(info, [seed](const foothold::model::ModelConfig& config) {
      auto weights = foothold::model::allocateWeights(config, at::TensorOptions(at::kFloat));
      foothold::model::initialiseWeights(weights, seed);
      return weights;
    });
  }

  Napi::Value generate(const Napi::CallbackInfo& info) {
    const auto request = readGenerateRequest(Arguments(info[0], "request"));
    const auto ended = info[2].ToBoolean() ? std::make_shared<Ended>() : nullptr;  // used by the worker's thread alone
    const Work work = [request, ended, shared = shared_](Policy& policy, Progress& progress) -> ToJs {
      checkGenerateRequest(request, policy.model.config);
      foothold::rollout::OnCompletion onCompletion;
      if (ended) onCompletion = [&](int64_t row, const auto& completion) { ended->add(row, completion); };
      auto completions = foothold::rollout::generate(policy.model, policy.device, request, shared->graphMemory,
                                                     progress, onCompletion);
      return [completions = std::move(completions)](Napi::Env env) { return rolloutsToJs(env, completions); };
    };
    return call(info, info[1], work, ended ? [ended] { return ended->take(); } : TakeNews());
  }

  Napi::Value logProbs(const Napi::CallbackInfo& info) {
    const Arguments arguments(info[0], "batch");
    const auto batch = readTokenBatch(arguments);
    const double temperature = readTemperature(arguments);
    return call(info, info[1], [batch, temperature](Policy& policy, Progress& progress) -> ToJs {
      checkBatch(batch, policy.model.config.vocabSize, policy.model.config.maxPositions);
      auto values = foothold::train::logProbs(policy, batch, temperature, kScoringTokens, progress);
      return [values = std::move(values)](Napi::Env env) -> Napi::Value { return toTypedArray(env, values); };
    });
  }

  Napi::Value logits(const Napi::CallbackInfo& info) {
    const auto tokens = Arguments(info[0], "request").int32Array("tokens");
    return call(info, info.Env().Undefined(), [tokens](Policy& policy, Progress&) -> ToJs {
      foothold::train::TokenBatch row;
      row.prompts = {tokens, {0, static_cast<int32_t>(tokens.size())}};
      row.completions.offsets.push_back(0);
      row.groupSizes = {1};
      checkBatch(row, policy.model.config.vocabSize, policy.model.config.maxPositions);
      return tensorToJs(foothold::train::logits(policy, tokens));
    });
  }

  Napi::Value update(const Napi::CallbackInfo& info) {
    const auto batch = readUpdateBatch(Arguments(info[0], "batch"));
    const auto options = readUpdateOptions(Arguments(info[1], "options"));
    return call(info, info[2], [batch, options](Policy& policy, Progress& progress) -> ToJs {
      checkBatch(batch, policy.model.config.vocabSize, policy.model.config.maxPositions);
      checkUpdate(batch, options);
      const auto metrics = foothold::train::update(policy, batch, options, progress);
      return [metrics](Napi::Env env) { return metricsToJs(env, metrics); };
    });
  }

  Napi::Value timeProducts(const Napi::CallbackInfo& info) {
    const Arguments arguments(info[0], "request");
    const auto passes = readProductPasses(arguments);
    const bool backward = arguments.boolean("backward");
    return call(info, info.Env().Undefined(), [passes, backward](Policy& policy, Progress& progress) -> ToJs {
      auto seconds = foothold::train::timeProducts(policy, passes, backward, progress);
      return [seconds = std::move(seconds)](Napi::Env env) -> Napi::Value { return toTypedArray(env, seconds); };
    });
  }

  Napi::Value parameter(const Napi::CallbackInfo& info) {
    const auto name = Arguments(info[0], "request").string("name");
    return call(info, info.Env().Undefined(), [name](Policy& policy, Progress&) -> ToJs {
      const at::Tensor values = foothold::train::parameter(policy, name);
      if (!values.defined()) throw std::invalid_argument("The model has no weight " + name);
      return tensorToJs(values);
    });
  }

  Napi::Value withFile(const Napi::CallbackInfo& info, std::function<void(Policy&, const std::string&)> act) {
    const auto file = Arguments(info[0], "request").string("file");
    return call(info, info.Env().Undefined(), [file, act = std::move(act)](Policy& policy, Progress&) -> ToJs {
      act(policy, file);
      return nothing();
    });
  }

  Napi::Value saveWeights(const Napi::CallbackInfo& info) {
    return withFile(info, [](Policy& policy, const std::string& file) {
      foothold::model::saveWeights(policy.model.config, policy.model.weights, file);
    });
  }
  Napi::Value saveOptimizer(const Napi::CallbackInfo& info) {
    return withFile(info, [](Policy& policy, const std::string& file) { policy.optimizer.save(file); });
  }
  Napi::Value loadOptimizer(const Napi::CallbackInfo& info) {
    return withFile(info, [](Policy& policy, const std::string& file) {
      policy.readers.waitUntilNone();
      policy.optimizer.load(file);
    });
  }

  /// Weights and optimizer, on a thread of their own: the calls made before are waited for, those made after run beside
  /// it until one is to change the values.
  Napi::Value save(const Napi::CallbackInfo& info) {
    const Arguments arguments(info[0], "files");
    const auto weights = arguments.string("weights");
    const auto optimizer = arguments.string("optimizer");
    const auto turn = std::make_shared<std::promise<Reading>>();
    worker_.post(std::make_shared<Progress>(), [shared = shared_, turn] {
      try {
        Policy& policy = shared->get();
        turn->set_value({&policy, policy.readers.enter()});
      } catch (...) {
        turn->set_exception(std::current_exception());
      }
    });
    return startCall(info.This().As<Napi::Object>(), writer_, info.Env().Undefined(), [=](Progress&) -> ToJs {
      const Reading reading = turn->get_future().get();
      const c10::NoGradGuard noGrad;
      foothold::model::saveWeights(reading.policy->model.config, reading.policy->model.weights, weights);
      reading.policy->optimizer.save(optimizer);
      return nothing();
    });
  }

  /// Frees the weights and ends the threads, after the calls already made.
  Napi::Value dispose(const Napi::CallbackInfo& info) {
    const Napi::Object call =
        startCall(info.This().As<Napi::Object>(), worker_, info.Env().Undefined(), [shared = shared_](Progress&) {
          shared->graphMemory = {};
          shared->policy.reset();
          return nothing();
        });
    worker_.finish();
    writer_.finish();
    return call;
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  Worker worker_;
  Worker writer_;  // after the worker, which it waits for
};

}  // namespace

void registerPolicy(Napi::Env env, Napi::Object exports) {
  exports.Set("NativePolicy", NativePolicy::define(env));
  exports.Set("stopWorkers", Napi::Function::New(
                                 env, [](const Napi::CallbackInfo&) { stopWorkers(); }, "stopWorkers"));
}
