#pragma once

#include <cstdint>
#include <cstring>

#define FOOTHOLD_INLINE inline __attribute__((always_inline))

/// What hand-written kernels compute with. The compiler splits a vector where registers are narrower.
namespace foothold::model::kernels {

typedef float Vector8 __attribute__((vector_size(32)));
typedef float Vector16 __attribute__((vector_size(64)));

/// Floats of a vector.
template <typename Vector>
constexpr int64_t kLanes = sizeof(Vector) / sizeof(float);

// By reference: passing wide vectors by value would depend on the instruction set of the caller.
template <typename Vector>
FOOTHOLD_INLINE void load(Vector& to, const float* from) {
  std::memcpy(&to, from, sizeof to);
}
template <typename Vector>
FOOTHOLD_INLINE void store(float* to, const Vector& value) {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace foothold::model::kernels
