#include "native/model/vectorised.h"

namespace foothold::model {

// In a file of their own, as the compiler must not see them where they are used.
const float kLeastExponent = -87.0f, kGreatestExponent = 88.0f;

}  // namespace foothold::model
