#include "native/model/row_products.h"

#include <cstring>

#include "native/model/kernels.h"
#include "native/model/vectorised.h"
#include "native/model/vectors.h"

namespace foothold::model::kernels {
namespace {

typedef float Quarter __attribute__((vector_size(16)));
constexpr int kLine = 64;  // bytes of a cache line

/// Rows of a tile. Its columns are as many as the registers of an instruction set hold sums for.
constexpr int kTileRows = 4;

/// The first `count` floats, then zeros.
template <typename Vector>
FOOTHOLD_INLINE void load(Vector& to, const float* from, int64_t count) {
  if (count == kLanes<Vector>) return kernels::load(to, from);
  to = Vector{};
  std::memcpy(&to, from, count * sizeof(float));
}

template <typename Half, typename Vector>
FOOTHOLD_INLINE void addHalves(Half& sum, const Vector& x) {
  static_assert(2 * sizeof(Half) == sizeof(Vector));
  Half high;
  std::memcpy(&sum, &x, sizeof sum);
  std::memcpy(&high, reinterpret_cast<const char*>(&x) + sizeof sum, sizeof high);
  sum += high;
}

/// The sums over the lanes of four vectors.
FOOTHOLD_INLINE void sumLanes(Quarter& sums, const Vector8& a, const Vector8& b, const Vector8& c, const Vector8& d) {
  const auto pairs = [](Vector8 & to, const Vector8& x, const Vector8& y) __attribute__((always_inline)) {
    to = __builtin_shufflevector(x, y, 0, 8, 1, 9, 4, 12, 5, 13) +
         __builtin_shufflevector(x, y, 2, 10, 3, 11, 6, 14, 7, 15);
  };
  Vector8 ab, cd;
  pairs(ab, a, b);
  pairs(cd, c, d);
  const Vector8 abcd = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
                       __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
  addHalves(sums, abcd);
}

/// The same of vectors twice as wide.
template <typename Vector>
FOOTHOLD_INLINE void sumLanes(Quarter& sums, const Vector& a, const Vector& b, const Vector& c, const Vector& d) {
  Vector8 halves[4];
  addHalves(halves[0], a);
  addHalves(halves[1], b);
  addHalves(halves[2], c);
  addHalves(halves[3], d);
  sumLanes(sums, halves[0], halves[1], halves[2], halves[3]);
}

/// Adds the products of one vector of the width to the sums of a tile.
template <typename Vector, int kRows, int kColumns>
FOOTHOLD_INLINE void accumulate(Vector (&sums)[kRows][kColumns], const float* x, const float* weight, int64_t width,
                                int64_t count = kLanes<Vector>) {
  Vector columns[kColumns];
#pragma GCC unroll 6
  for (int j = 0; j < kColumns; ++j) load(columns[j], weight + j * width, count);
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) {
    Vector row;
    load(row, x + i * width, count);
#pragma GCC unroll 6
    for (int j = 0; j < kColumns; ++j) sums[i][j] += row * columns[j];
  }
}

template <typename Vector, int kRows, int kColumns>
FOOTHOLD_INLINE void store(const Vector (&sums)[kRows][kColumns], const RowProduct& p, int64_t row, int64_t column) {
  constexpr int kGroup = 4;
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) {
    float* y = p.y + (row + i) * p.yStride + column;
#pragma GCC unroll 2
    for (int first = 0; first < kColumns; first += kGroup) {
      const auto at = [&](int j) -> const Vector& { return sums[i][first + j < kColumns ? first + j : first]; };
      Quarter reduced;
      sumLanes(reduced, at(0), at(1), at(2), at(3));
      float values[kGroup];
      std::memcpy(values, &reduced, sizeof values);
      for (int j = 0; j < kGroup && first + j < kColumns; ++j) {
        const float value = p.bias ? values[j] + p.bias[column + first + j] : values[j];
        y[first + j] = p.add ? y[first + j] + value : value;
      }
    }
  }
}

/// kFetch: lines of the weight to ask for at every vector, from `next` on.
template <typename Vector, int kRows, int kColumns, int kFetch>
FOOTHOLD_INLINE void tile(const RowProduct& p, int64_t row, int64_t column, uintptr_t next) {
  const float *x = p.x + row * p.width, *weight = p.weight + column * p.width;
  Vector sums[kRows][kColumns] = {};
  int64_t k = 0;
  for (; k + kLanes<Vector> <= p.width; k += kLanes<Vector>) {
#pragma GCC unroll 6
    for (int line = 0; line < kFetch; ++line, next += kLine)
      __builtin_prefetch(reinterpret_cast<const void*>(next), 0, 2);
    accumulate(sums, x + k, weight + k, p.width);
  }
  if (k < p.width) accumulate(sums, x + k, weight + k, p.width, p.width - k);
  store(sums, p, row, column);
}

/// A weight comes from memory, and what comes meanwhile costs nothing: the tiles of these columns ask for the weight of
/// the next, kFetch lines at every vector, until it is complete.
template <typename Vector, int kColumns, int kFetch>
FOOTHOLD_INLINE void allRows(const RowProduct& p, int64_t column) {
  const int64_t lines = p.width / kLanes<Vector> * kFetch;  // that a tile asks for
  // Addresses, not pointers: the last of them lie behind the weight.
  uintptr_t next = reinterpret_cast<uintptr_t>(p.weight + (column + kColumns) * p.width);
  const uintptr_t complete = next + kColumns * p.width * sizeof(float);
  int64_t row = 0;
  for (; row + kTileRows <= p.rows; row += kTileRows) {
    if (next < complete) {
      tile<Vector, kTileRows, kColumns, kFetch>(p, row, column, next);
      next += lines * kLine;
    } else {
      tile<Vector, kTileRows, kColumns, 0>(p, row, column, next);
    }
  }
  for (; row < p.rows; ++row, next += lines * kLine) tile<Vector, 1, kColumns, kFetch>(p, row, column, next);
}

template <typename Vector, int kColumns>
FOOTHOLD_INLINE void multiply(const RowProduct& p, int64_t begin, int64_t end) {
  static_assert(kColumnTile % kColumns == 0);
  // Of the next columns' weight, for every vector of the width.
  constexpr int kLines = (kColumns * static_cast<int>(sizeof(Vector)) + kLine - 1) / kLine;
  const int64_t tiles = p.rows / kTileRows + p.rows % kTileRows;
  int64_t column = begin;
  for (; column + kColumns <= end; column += kColumns) {
    if (tiles >= kLines) {
      allRows<Vector, kColumns, 1>(p, column);
    } else if (2 * tiles >= kLines) {
      allRows<Vector, kColumns, 2>(p, column);
    } else if (tiles > 1) {
      allRows<Vector, kColumns, (kLines + 1) / 2>(p, column);
    } else {
      allRows<Vector, kColumns, kLines>(p, column);
    }
  }
  for (; column < end; ++column) allRows<Vector, 1, 1>(p, column);
}

/// Of sixteen registers: twelve sums, three columns, one row.
FOOTHOLD_CLONES void multiplyByThree(const RowProduct& product, int64_t begin, int64_t end) {
  multiply<Vector8, 3>(product, begin, end);
}

#ifdef FOOTHOLD_AVX512
/// Of 32 registers: 24 sums, six columns, one row.
FOOTHOLD_AVX512 void multiplyBySix(const RowProduct& product, int64_t begin, int64_t end) {
  multiply<Vector8, 6>(product, begin, end);
}
FOOTHOLD_AVX512 void multiplyBySixWide(const RowProduct& product, int64_t begin, int64_t end) {
  multiply<Vector16, 6>(product, begin, end);
}
#else
constexpr auto multiplyBySix = multiplyByThree, multiplyBySixWide = multiplyByThree;
#endif

}  // namespace

void multiplyRows(const RowProduct& product, int64_t begin, int64_t end) {
  versionFor(multiplyByThree, multiplyBySix, multiplyBySixWide)(product, begin, end);
}

}  // namespace foothold::model::kernels
