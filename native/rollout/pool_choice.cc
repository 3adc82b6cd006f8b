#include <map>
#include <mutex>
#include <tuple>

#include "native/model/kernel_trial.h"
#include "native/model/kernels.h"
#include "native/rollout/pool_attention.h"
#include "native/rollout/pool_kernels.h"

namespace foothold::rollout {
namespace {

/// A pool of the kind that decoding has, small.
std::vector<model::Comparison> compare(const PoolAttention& attention, const at::TensorOptions& options,
                                       int64_t width) {
  constexpr int64_t kQueries = 7, kCapacity = 200;
  const at::Tensor lengths_S = at::tensor({1, 200, 37, 128, 65, 2}, at::TensorOptions(at::kLong)).to(options.device());
  const int64_t count = lengths_S.size(0);
  const at::Tensor q = model::trialTensor({count, kQueries, width}, 1, options),
                   k = model::trialTensor({count, kCapacity, width}, 2, options),
                   v = model::trialTensor({count, kCapacity, width}, 3, options);
  const PoolSequences sequences(lengths_S, kQueries, kCapacity, kCapacity);
  const PoolPart part = attention.forward(q, k, v, sequences),
                 expected = plainPoolAttention().forward(q, k, v, sequences);
  return {{part.out_SQE, expected.out_SQE}, {part.logSumExp_SQ, expected.logSumExp_SQ}};
}

const PoolAttention& choose(const model::KernelUse& use) {
  return model::chooseKernel(
      use, {&flashPoolAttention(), &efficientPoolAttention()}, plainPoolAttention(),
      [&](const PoolAttention& attention) { return compare(attention, use.options, use.headWidth); });
}

}  // namespace

const PoolAttention& poolAttentionFor(const at::TensorOptions& options, int64_t width) {
  if (options.device().is_cpu() || !model::kernels::areEnabled()) return plainPoolAttention();
  using Key = std::tuple<c10::DeviceIndex, at::ScalarType, int64_t>;
  static std::mutex mutex;
  static std::map<Key, const PoolAttention*> chosen;
  const std::lock_guard<std::mutex> lock(mutex);
  const PoolAttention*& attention =
      chosen[{options.device().index(), c10::typeMetaToScalarType(options.dtype()), width}];
  if (!attention) attention = &choose({"decoding", options, width});  // again at the next call if it throws
  return *attention;
}

}  // namespace foothold::rollout
