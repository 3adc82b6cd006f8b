// The inner loops of scanRuns, for any width of vector. Included by one file for each instruction set, which may
// compile it with that set switched on; so it calls no function of the standard library that could be shared with other
// files.
#pragma once

#include <cstdint>

#include "native/text/bit_rows.h"
#include "native/text/run_scan.h"

namespace foothold::text {

/// Where a kernel puts its runs.
struct RunBuffer {
  Run* next;
  Run* limit;  ///< The kernel stops soon after this; there must be kSlack more.
  static constexpr size_t kSlack = 64 * BitRows::kMaxLanes;

  bool full() const { return next > limit; }
};

using ScanKernel = void (*)(const ScanInput&, uint32_t min_size, RunBuffer&);

void scanPortable(const ScanInput& input, uint32_t min_size, RunBuffer& buffer);
void scanAvx2(const ScanInput& input, uint32_t min_size, RunBuffer& buffer);
void scanAvx512(const ScanInput& input, uint32_t min_size, RunBuffer& buffer);

namespace {

// One word at a time; the wider sets below have the same members.
struct OneWord {
  static constexpr uint32_t kLanes = 1;
  using V = uint64_t;
  static bool any(V value) { return value != 0; }
};

template <class Set>
class Scanner {
  using V = typename Set::V;
  static constexpr uint32_t kLanes = Set::kLanes;

 public:
  Scanner(const ScanInput& input, RunBuffer& buffer) : input_(input), buffer_(buffer) {}

  void scanStrip(uint32_t word, uint32_t min_size) {
    if (min_size == 2) {
      scanStripFor<2>(word);
    } else if (min_size == 4) {
      scanStripFor<4>(word);
    } else {
      scanStripFor<8>(word);
    }
  }

 private:
  static V load(const uint64_t* words) {
    V value;
    __builtin_memcpy(&value, words, sizeof value);
    return value;
  }

  // Words word … word + kLanes − 1 over all rows of the range. `two` has a bit where the second element of a run lies,
  // or a later one; `four` follows from `two` of two rows before, `eight` from `four` of four rows before.
  template <uint32_t kMinSize>
  void scanStripFor(uint32_t word) {
    const Range range = input_.range;
    uint64_t in_range[kLanes], own[kLanes];
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      in_range[lane] = input_.rows->columnMask(word + lane, range.b_low, range.b_high);
      own[lane] = in_range[lane] & (~uint64_t{0} << BitRows::kOverlap);
    }
    const V range_mask = load(in_range), own_mask = load(own);
    V last_row{}, last_ends{}, twos[2]{}, fours[4]{};
    const auto step = [&](uint32_t i, uint32_t phase) __attribute__((always_inline)) {
      const V row = load(input_.rows->row(input_.a[i]) + word) & range_mask;
      const V two = row & (last_row << 1);
      last_row = row;
      V ends = two;
      if constexpr (kMinSize >= 4) {
        ends = two & (twos[phase % 2] << 2);
        twos[phase % 2] = two;
      }
      if constexpr (kMinSize >= 8) {
        const V four = ends;
        ends = four & (fours[phase] << 4);
        fours[phase] = four;
      }
      const V first = ends & ~(last_ends << 1) & own_mask;
      last_ends = ends;
      if (Set::any(first)) emit(first, i, word, kMinSize);
    };
    uint32_t i = range.a_low;
    for (; i + 4 <= range.a_high; i += 4) {
      step(i, 0);
      step(i + 1, 1);
      step(i + 2, 2);
      step(i + 3, 3);
      if (buffer_.full()) return;
    }
    for (uint32_t phase = 0; i < range.a_high; ++i, ++phase) step(i, phase);
  }

  // Notes the runs of which element number min_size lies in row i, at the columns of the set bits.
  __attribute__((noinline)) void emit(V ends, uint32_t i, uint32_t word, uint32_t min_size) {
    if (buffer_.full()) return;
    uint64_t lanes[kLanes];
    __builtin_memcpy(lanes, &ends, sizeof ends);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      const uint32_t first_column = input_.rows->firstColumn(word + lane);
      for (uint64_t bits = lanes[lane]; bits != 0; bits &= bits - 1) {
        const uint32_t j = first_column + static_cast<uint32_t>(__builtin_ctzll(bits));
        const uint32_t more = agreement(i + 1, j + 1);
        *buffer_.next++ = Run(i + 1 - min_size, j + 1 - min_size, min_size + more);
      }
    }
  }

  // Number of equal elements from (i, j) on, within the range.
  uint32_t agreement(uint32_t i, uint32_t j) const {
    const uint32_t rows = input_.range.a_high - i, columns = input_.range.b_high - j;
    return commonPrefix(input_.a + i, input_.b + j, rows < columns ? rows : columns);
  }

  const ScanInput& input_;
  RunBuffer& buffer_;
};

// Scans words with vectors as long as they are more than half full.
template <class Set>
void scanWords(const ScanInput& input, uint32_t min_size, uint32_t& word, uint32_t end, RunBuffer& buffer) {
  Scanner<Set> scanner(input, buffer);
  for (; word < end && (end - word) * 2 > Set::kLanes && !buffer.full(); word += Set::kLanes) {
    scanner.scanStrip(word, min_size);
  }
}

// Scans the words of the range, with the widest of the sets first.
template <class... Sets>
void scanWith(const ScanInput& input, uint32_t min_size, RunBuffer& buffer) {
  uint32_t word = input.rows->wordOf(input.range.b_low);
  const uint32_t end = input.rows->wordOf(input.range.b_high - 1) + 1;
  (scanWords<Sets>(input, min_size, word, end, buffer), ...);
}

}  // namespace

}  // namespace foothold::text
