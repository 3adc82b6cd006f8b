#include "native/rollout/pool_attention.h"

#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <tuple>

#include "native/model/kernel_trial.h"
#include "native/model/kernels.h"

namespace foothold::rollout {
namespace {

double scaleOf(const at::Tensor& q) { return 1.0 / std::sqrt(static_cast<double>(q.size(-1))); }

class PlainPoolAttention : public PoolAttention {
 public:
  const char* name() const override { return "plain"; }
  bool needsBound() const override { return true; }

  PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                   const PoolSequences& sequences) const override {
    const at::Tensor k_STE = k_SCE.narrow(1, 0, sequences.bound), v_STE = v_SCE.narrow(1, 0, sequences.bound);
    at::Tensor scores_SQT = at::bmm(q_SQE, k_STE.transpose(1, 2)).to(at::kFloat).mul_(scaleOf(q_SQE));
    scores_SQT.masked_fill_(sequences.unwritten_S1T, -std::numeric_limits<float>::infinity());
    const at::Tensor logSumExp_SQ = scores_SQT.logsumexp(-1);
    const at::Tensor probabilities = scores_SQT.sub_(logSumExp_SQ.unsqueeze(-1)).exp_().to(v_SCE.scalar_type());
    return {at::bmm(probabilities, v_STE), logSumExp_SQ};
  }
};

/// A pool as one long sequence of tokens of a single head, as the kernels for sequences of any lengths take it.
at::Tensor flattened(const at::Tensor& x_SCE) { return x_SCE.view({-1, 1, x_SCE.size(2)}); }

class FlashPoolAttention : public PoolAttention {
 public:
  const char* name() const override { return "flash"; }
  bool needsBound() const override { return false; }

  PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                   const PoolSequences& sequences) const override {
    auto [out, logSumExp, seed, unused, mask] = at::_flash_attention_forward(
        flattened(q_SQE), flattened(k_SCE), flattened(v_SCE), sequences.queryOffsets, sequences.keyOffsets,
        sequences.queries, sequences.capacity, /*dropout_p=*/0.0, /*is_causal=*/false, /*return_debug_mask=*/false,
        scaleOf(q_SQE), /*window_size_left=*/std::nullopt, /*window_size_right=*/std::nullopt,
        /*seqused_k=*/sequences.lengths_S);
    return {out.view(q_SQE.sizes()), logSumExp.view({q_SQE.size(0), q_SQE.size(1)})};
  }
};

class EfficientPoolAttention : public PoolAttention {
 public:
  const char* name() const override { return "memory-efficient"; }
  bool needsBound() const override { return false; }

  PoolPart forward(const at::Tensor& q_SQE, const at::Tensor& k_SCE, const at::Tensor& v_SCE,
                   const PoolSequences& sequences) const override {
    const auto result = at::_efficient_attention_forward(
        flattened(q_SQE).unsqueeze(0), flattened(k_SCE).unsqueeze(0), flattened(v_SCE).unsqueeze(0),
        /*bias=*/std::nullopt, sequences.queryOffsets, sequences.keyOffsets, sequences.queries, sequences.capacity,
        /*dropout_p=*/0.0, /*custom_mask_type=*/0, /*compute_log_sumexp=*/true, scaleOf(q_SQE),
        /*seqlen_k=*/sequences.lengths_S);
    // The log-sum-exp comes as [S, heads, queries rounded up to a multiple of 32].
    return {std::get<0>(result).view(q_SQE.sizes()), std::get<1>(result).select(1, 0).narrow(1, 0, sequences.queries)};
  }
};

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

const PoolAttention& choose(const at::TensorOptions& options, int64_t width) {
  static const FlashPoolAttention flash;
  static const EfficientPoolAttention efficient;
  std::string faults;
  for (const PoolAttention* attention : std::initializer_list<const PoolAttention*>{&flash, &efficient}) {
    const std::string fault = model::faultOf([&] { return compare(*attention, options, width); });
    if (fault.empty()) {
      model::noteChoice("decoding", attention->name(), options, width, faults, /*isPlain=*/false);
      return *attention;
    }
    faults += std::string("\n  ") + attention->name() + ": " + fault;
  }
  model::noteChoice("decoding", plainPoolAttention().name(), options, width, faults, /*isPlain=*/true);
  return plainPoolAttention();
}

}  // namespace

PoolSequences::PoolSequences(const at::Tensor& lengths, int64_t queries, int64_t capacity, int64_t bound)
    : queries(queries), capacity(capacity), bound(bound), lengths_S(lengths.to(at::kInt)) {
  const int64_t count = lengths.size(0);
  const auto multiples = [&](int64_t step) { return at::arange(count + 1, lengths_S.options()).mul_(step); };
  queryOffsets = multiples(queries);
  keyOffsets = multiples(capacity);
  unwritten_S1T = at::arange(bound, lengths_S.options()).unsqueeze(0).ge(lengths_S.unsqueeze(1)).unsqueeze(1);
}

const PoolAttention& plainPoolAttention() {
  static const PlainPoolAttention plain;
  return plain;
}

const PoolAttention& poolAttentionFor(const at::TensorOptions& options, int64_t width) {
  if (options.device().is_cpu() || !model::kernels::areEnabled()) return plainPoolAttention();
  using Key = std::tuple<c10::DeviceIndex, at::ScalarType, int64_t>;
  static std::mutex mutex;
  static std::map<Key, const PoolAttention*> chosen;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [place, isNew] =
      chosen.try_emplace({options.device().index(), c10::typeMetaToScalarType(options.dtype()), width}, nullptr);
  if (isNew) place->second = &choose(options, width);
  return *place->second;
}

}  // namespace foothold::rollout
