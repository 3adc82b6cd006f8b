#pragma once

#include <cstdint>

/// Products of a few rows with a weight as it is, float32 on the CPU: what a decoding step consists of. They are bound
/// by reading the weight, so it is read once, in order; a library's product packs it first, or for few rows reads it
/// badly.
namespace foothold::model::kernels {

/// y = x Wᵀ + bias, or that added to y. All but y without gaps between rows.
struct RowProduct {
  const float* x = nullptr;  // [rows, width]
  int64_t rows = 0;
  int64_t width = 0;
  const float* weight = nullptr;  // [columns, width]
  const float* bias = nullptr;    // [columns] or null
  float* y = nullptr;             // [rows, …]
  int64_t yStride = 0;
  bool add = false;
};

/// Shares of columns begin at multiples of this, so that every column is computed in the same way whoever computes it.
constexpr int64_t kColumnTile = 12;

/// Columns [begin, end) of a product. A row's result does not depend on which other rows there are.
void multiplyRows(const RowProduct& product, int64_t begin, int64_t end);

}  // namespace foothold::model::kernels
