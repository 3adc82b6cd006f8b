#include "bindings/text/ratios.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "bindings/text/string_rows.h"
#include "native/text/batch.h"

namespace foothold::text {

namespace {

// What a batch needs on other threads: plain values, nothing of JavaScript.
struct RatioJob {
  StringRows actions;
  StringRows experts;
  bool autojunk;
  uint32_t threads;
  std::atomic<bool> cancelled{false};

  explicit RatioJob(const Napi::CallbackInfo& info)
      : actions(info[0].As<Napi::Array>(), "actions"),
        experts(info[1].As<Napi::Array>(), "experts"),
        autojunk(info[2].As<Napi::Boolean>()),
        threads(info[3].As<Napi::Number>()) {}

  size_t size() const { return actions.rows().size(); }

  // Copies the strings of both sides and calls `filled(count)` now and then.
  template <typename Filled>
  void fill(Napi::Env env, Filled filled) {
    constexpr size_t kStep = 64;
    for (size_t i = 0; i < size();) {
      const Napi::HandleScope scope(env);  // A handle for each string would outlast the loop otherwise.
      for (const size_t end = std::min(i + kStep, size()); i < end; ++i) {
        actions.fill(static_cast<uint32_t>(i));
        experts.fill(static_cast<uint32_t>(i));
      }
      filled(i);
    }
  }

  RatioBatch start(std::span<double> ratios) {
    return RatioBatch(actions.rows(), experts.rows(), autojunk, threads, ratios, cancelled);
  }
};

// (actions: string[], experts: string[], autojunk: boolean, threads: number) => Float64Array
Napi::Value ratios(const Napi::CallbackInfo& info) {
  RatioJob job(info);
  auto result = Napi::Float64Array::New(info.Env(), job.size());
  RatioBatch batch = job.start({result.Data(), result.ElementLength()});
  job.fill(info.Env(), [&batch](size_t count) { batch.makeAvailable(count); });
  batch.finish();
  return result;
}

class RatioWorker : public Napi::AsyncWorker {
 public:
  RatioWorker(Napi::Env env, std::shared_ptr<RatioJob> job)
      : Napi::AsyncWorker(env, "foothold.ratios"),
        job_(std::move(job)),
        ratios_(job_->size()),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { job_->start(ratios_).finish(); }

  void OnOK() override {
    auto result = Napi::Float64Array::New(Env(), ratios_.size());
    std::copy(ratios_.begin(), ratios_.end(), result.Data());
    deferred_.Resolve(result);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  std::shared_ptr<RatioJob> job_;
  std::vector<double> ratios_;
  Napi::Promise::Deferred deferred_;
};

// The same arguments => { promise: Promise<Float64Array>, cancel(): void }. A cancelled promise still resolves; its
// values then mean nothing.
Napi::Value ratiosAsync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto job = std::make_shared<RatioJob>(info);
  job->fill(env, [](size_t) {});
  auto* worker = new RatioWorker(env, job);  // Deletes itself when done.
  auto result = Napi::Object::New(env);
  result["promise"] = worker->promise();
  result["cancel"] = Napi::Function::New(env, [job](const Napi::CallbackInfo&) { job->cancelled = true; });
  worker->Queue();
  return result;
}

}  // namespace

void registerRatios(Napi::Env env, Napi::Object exports) {
  exports["ratios"] = Napi::Function::New(env, ratios, "ratios");
  exports["ratiosAsync"] = Napi::Function::New(env, ratiosAsync, "ratiosAsync");
}

}  // namespace foothold::text
