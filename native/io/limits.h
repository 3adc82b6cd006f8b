// Bounds on what a header may hold: far above any real model, low enough that a hostile file costs a bounded amount of
// memory here and in JavaScript.
#pragma once

#include <cstddef>

namespace foothold::io {

/// The reference implementation of safetensors has this limit; vocabularies make GGUF headers of some 10 MB.
inline constexpr size_t kMaxHeaderBytes = 100'000'000;
inline constexpr size_t kMaxTensors = size_t{1} << 20;
inline constexpr size_t kMaxMetadataValues = size_t{1} << 16;
/// Of all arrays in GGUF metadata together.
inline constexpr size_t kMaxArrayElements = size_t{1} << 24;
/// PyTorch's own limit.
inline constexpr size_t kMaxRank = 64;

}  // namespace foothold::io
