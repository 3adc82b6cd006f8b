#include "native/model/vector_math.h"

#include <ATen/ATen.h>

#include <mutex>

namespace foothold::model {

void chooseVectorFunctions() {
  static std::once_flag chosen;
  std::call_once(chosen, [] {
    const at::Tensor one = at::ones({1}, at::kFloat);
    // Those of our own formulas, and of logsumexp and logaddexp.
    for (const auto& function : {at::cos, at::sin, at::exp, at::log, at::log1p, at::sqrt}) function(one);
  });
}

}  // namespace foothold::model
