#include "bindings/torch/worker.h"

#include <chrono>
#include <set>

#include "bindings/torch/errors.h"

namespace {

constexpr auto kReportInterval = std::chrono::milliseconds(100);

/// A call on its way: the promise, and the way back to the JS thread.
struct Call {
  Napi::Promise::Deferred deferred;
  Napi::ThreadSafeFunction jsThread;
  Napi::ObjectReference owner;
  std::shared_ptr<foothold::Progress> progress = std::make_shared<foothold::Progress>();
};

/// Tell JS something. It fails only where the environment is being torn down (a thread of Node that is terminated), and
/// then nobody is left to be told.
template <typename Tell>
void tell(Tell tellJs) {
  try {
    tellJs();
  } catch (const Napi::Error&) {
  }
}

void reportBy(const std::shared_ptr<Call>& call, TakeNews takeNews) {
  auto last = std::make_shared<std::chrono::steady_clock::time_point>();
  // Not the call itself: it owns the progress that owns this function.
  call->progress->report = [tsfn = call->jsThread, last, takeNews = std::move(takeNews)](int64_t done,
                                                                                         int64_t total) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - *last < kReportInterval) return;
    *last = now;
    const ToJs news = takeNews ? takeNews() : nullptr;
    tsfn.NonBlockingCall([done, total, news](Napi::Env env, Napi::Function callback) {
      tell([&] {
        callback.Call({Napi::Number::New(env, static_cast<double>(done)),
                       Napi::Number::New(env, static_cast<double>(total)), news ? news(env) : env.Undefined()});
      });
    });
  };
}

/// The workers there are. Never destroyed, like its mutex: threads of Node may end later than static objects.
std::set<Worker*>& workers() {
  static auto* const all = new std::set<Worker*>();
  return *all;
}

std::mutex& workersMutex() {
  static auto* const mutex = new std::mutex();
  return *mutex;
}

void settle(const std::shared_ptr<Call>& call, const std::function<void(Napi::Env)>& act) {
  // Fails only when the environment is closing, and then nobody waits for the promise.
  call->jsThread.BlockingCall([call, act](Napi::Env env, Napi::Function) {
    const Napi::HandleScope scope(env);
    tell([&] { act(env); });
    call->owner.Reset();
  });
  call->jsThread.Release();
}

}  // namespace

Worker::Worker() : thread_([this] { run(); }) {
  const std::lock_guard lock(workersMutex());
  workers().insert(this);
}

Worker::~Worker() {
  {
    const std::lock_guard lock(workersMutex());
    workers().erase(this);
  }
  stop();
}

void Worker::finish() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (current_) current_->cancelled = true;
    for (Job& job : jobs_) job.progress->cancelled = true;
  }
  finish();
  if (thread_.joinable()) thread_.join();
}

void stopWorkers() {
  const std::lock_guard lock(workersMutex());
  for (Worker* worker : workers()) worker->stop();
}

void Worker::post(std::shared_ptr<foothold::Progress> progress, std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(progress), std::move(job)});
  }
  wake_.notify_one();
}

void Worker::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      current_ = job.progress;
    }
    job.run();
    const std::lock_guard lock(mutex_);
    current_.reset();
  }
}

Napi::Object startCall(const Napi::Object& owner, Worker& worker, const Napi::Value& onProgress,
                       std::function<ToJs(foothold::Progress&)> work, TakeNews takeNews) {
  const Napi::Env env = owner.Env();
  const bool reports = onProgress.IsFunction();
  const Napi::Function callback =
      reports ? onProgress.As<Napi::Function>() : Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  auto call = std::make_shared<Call>(Call{Napi::Promise::Deferred::New(env),
                                          Napi::ThreadSafeFunction::New(env, callback, "foothold", 0, 1),
                                          Napi::Persistent(owner)});
  // Released in settle(), on the JS thread: the last holder of the call may be the worker's.
  call->owner.SuppressDestruct();
  if (reports) reportBy(call, std::move(takeNews));
  worker.post(call->progress, [call, work = std::move(work)] {
    try {
      call->progress->check();
      const ToJs toJs = work(*call->progress);
      settle(call, [call, toJs](Napi::Env env) { call->deferred.Resolve(toJs(env)); });
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      settle(call, [call, error](Napi::Env env) { call->deferred.Reject(toJsError(env, error).Value()); });
    }
    call->progress->report = nullptr;
  });
  Napi::Object result = Napi::Object::New(env);
  result.Set("promise", call->deferred.Promise());
  result.Set("cancel", Napi::Function::New(env, [progress = call->progress](const Napi::CallbackInfo&) {
               progress->cancelled = true;
             }));
  return result;
}
