// Long native calls: run in order on one thread, settle a promise on the JS thread, can be cancelled.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "native/model/progress.h"

/// One thread that runs jobs in the order in which they were posted.
class Worker {
 public:
  Worker();
  /// Cancels what runs and what waits, then joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(std::shared_ptr<foothold::Progress> progress, std::function<void()> job);
  /// Let the thread end after the jobs posted so far; there must be no more.
  void finish();
  /// Cancel what runs and what waits, and wait for the thread to end.
  void stop();

 private:
  struct Job {
    std::shared_ptr<foothold::Progress> progress;
    std::function<void()> run;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::shared_ptr<foothold::Progress> current_;
  bool closing_ = false;
  std::thread thread_;  // last: it uses the others
};

/// Stop every worker of the process. At its end, which destroys what LibTorch keeps, none may run any more.
void stopWorkers();

/// What a job leaves: makes the JS result, on the JS thread.
using ToJs = std::function<Napi::Value(Napi::Env)>;

/// Takes what came up since it was last called, on the worker's thread, to be told on the JS thread.
using TakeNews = std::function<ToJs()>;

/// Post `work` and return `{ promise, cancel() }`. `owner`, the JS object that has the worker, is kept alive until the
/// promise settles. `work` runs on the worker's thread and must not touch JS; what it
/// throws rejects the promise with an Error that has a `code`. `onProgress` is a JS function or undefined; it is called
/// with (done, total) at most ten times a second, and with what `takeNews` gives as a third argument.
Napi::Object startCall(const Napi::Object& owner, Worker& worker, const Napi::Value& onProgress,
                       std::function<ToJs(foothold::Progress&)> work, TakeNews takeNews = {});
