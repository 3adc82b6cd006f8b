// Ratios of many pairs at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

namespace foothold::text {

/// UTF-16 texts, one a row.
using TextRows = std::span<const std::u16string_view>;

/// Computes SequenceMatcher(None, actions[i], experts[i], autojunk).ratio() for each i into ratios[i]. Threads begin
/// with the first rows while the caller still fills in the last ones. The index of an expert is kept for as long as the
/// next expert of the same thread is the same text.
class RatioBatch {
 public:
  /// Will work on `threads` threads, the calling one included, or fewer where there is little work. The rows, not yet
  /// filled in, the ratios and the flag must outlive this. When `cancelled` becomes true, the rest of the ratios stays
  /// unset.
  RatioBatch(TextRows actions, TextRows experts, bool autojunk, unsigned threads, std::span<double> ratios,
             const std::atomic<bool>& cancelled);

  /// Stops early if finish() was not called.
  ~RatioBatch();

  /// Says that the first `count` rows of both sides are filled in. The first call starts the helpers.
  void makeAvailable(size_t count);

  /// To be called when all rows are available. Takes part in the work and returns when it is done.
  /// Throws what went wrong on any thread, such as std::bad_alloc.
  void finish();

 private:
  void work() noexcept;
  bool waitFor(size_t count);
  bool isWorthThreads() const;

  TextRows actions_;
  TextRows experts_;
  bool autojunk_;
  size_t chunk_;           // Pairs that a thread takes at once.
  size_t threads_wanted_;  // The calling thread counted.
  std::span<double> ratios_;
  const std::atomic<bool>& cancelled_;
  std::atomic<size_t> available_{0};
  std::atomic<size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::exception_ptr error_;
  std::vector<std::jthread> helpers_;
};

}  // namespace foothold::text
