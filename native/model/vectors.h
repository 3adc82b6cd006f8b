#pragma once

#include <cstdint>
#include <cstring>

#define FOOTHOLD_INLINE inline __attribute__((always_inline))

/// What hand-written kernels compute with.
namespace foothold::model::kernels {

/// Eight floats; the compiler splits it where registers are narrower.
typedef float Vector __attribute__((vector_size(32)));
constexpr int64_t kLanes = 8;

// By reference: passing wide vectors by value would depend on the instruction set of the caller.
FOOTHOLD_INLINE void load(Vector& to, const float* from) { std::memcpy(&to, from, sizeof to); }
FOOTHOLD_INLINE void store(float* to, const Vector& value) { std::memcpy(to, &value, sizeof value); }

}  // namespace foothold::model::kernels
