#pragma once

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <vector>

namespace foothold::rollout {

/// The threads that go through the phases of a decoding step together. A step has dozens of phases of some microseconds
/// each; starting a parallel region for each would take as long as the phase.
class Team {
 public:
  /// Calls body(team) on as many threads as LibTorch uses; they meet in the calls of `share` that it makes.
  template <typename Body>
  static void run(const Body& body) {
    Team team(at::get_num_threads());
#pragma omp parallel num_threads(team.size_)
    {
#pragma omp single
      team.size_ = omp_get_num_threads();  // may be fewer than asked for
      body(team);
    }
    if (team.error_) std::rethrow_exception(team.error_);
  }

  int size() const { return size_; }

  /// work(begin, end) for pieces of [0, count). Each thread goes through a range of its own in order, then helps the
  /// others with theirs. Returns when all is done. The first exception is kept for `run` to throw; what follows it is
  /// left out.
  template <typename Work>
  void share(int64_t count, int64_t piece, const Work& work) {
    const int64_t pieces = (count + piece - 1) / piece;
    for (int i = 0; i < size(); ++i) {
      const int owner = (omp_get_thread_num() + i) % size();
      const int64_t first = pieces * owner / size(), last = pieces * (owner + 1) / size();
      for (int64_t p; (p = first + ranges_[owner].taken.fetch_add(1, std::memory_order_relaxed)) < last;) {
        if (failed_.load(std::memory_order_relaxed)) continue;
        try {
          work(p * piece, std::min((p + 1) * piece, count));
        } catch (...) {
          if (!failed_.exchange(true)) error_ = std::current_exception();
        }
      }
    }
    meet();
  }

 private:
  explicit Team(int most) : size_(most), ranges_(most) {}

  /// Waits until every thread has come; whoever comes last opens the next phase.
  void meet();

  struct alignas(64) Range {
    std::atomic<int64_t> taken{0};
  };
  int size_;
  std::vector<Range> ranges_;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<uint32_t> phase_{0};
};

}  // namespace foothold::rollout
