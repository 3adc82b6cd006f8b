#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "native/model/varlen_attention.h"
#include "native/model/varlen_kernels.h"

namespace foothold::model {
namespace {

/// A fast attention must come this close to the plain one. It tells a wrong result from a rounded one, no more.
constexpr double kTolerance = 0.03;

/// sqrt(Σ(x − y)² / Σy²)
double relativeError(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor expected = y.to(at::kFloat);
  return ((x.to(at::kFloat) - expected).norm() / expected.norm()).item<double>();
}

/// A batch of the kind that training has, small: sequences of one token, of less than a block and of more.
class Trial {
 public:
  Trial(const at::TensorOptions& options, int64_t heads, int64_t kvHeads, int64_t width)
      : queries_({1, 150, 33, 70}, options.device()), keys_({40, 1, 200, 65}, options.device()) {
    const auto random = [&](const Sequences& sequences, int64_t count) {
      // A generator of its own: which numbers others draw must not depend on this.
      const auto generator = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/sequences.tokens());
      return at::randn({sequences.tokens(), count, width}, generator, at::TensorOptions(at::kFloat)).to(options);
    };
    q_ = random(queries_, heads);
    dout_ = random(queries_, heads).roll(1, 0);
    k_ = random(keys_, kvHeads);
    v_ = random(keys_, kvHeads).roll(1, 0);
  }

  /// What is wrong with an attention; empty when nothing is.
  std::string fault(const VarlenAttention& attention) const {
    try {
      const double error = std::max(errorOf(attention, {queries_, keys_, /*causal=*/false}, k_, v_),
                                    errorOf(attention, {queries_, queries_, /*causal=*/true},
                                            k_.narrow(0, 0, queries_.tokens()), v_.narrow(0, 0, queries_.tokens())));
      if (error < kTolerance) return "";
      return "its results are off by " + std::to_string(error);
    } catch (const c10::Error& error) {
      return error.what_without_backtrace();
    }
  }

 private:
  double errorOf(const VarlenAttention& attention, const SequencePairs& pairs, const at::Tensor& k,
                 const at::Tensor& v) const {
    const VarlenAttention& plain = plainVarlenAttention();
    const VarlenPart expected = plain.forward(q_, k, v, pairs), part = attention.forward(q_, k, v, pairs);
    // As for a merged attention: there were other keys of as much weight.
    const VarlenPart merged{expected.out_NHE * 0.5, expected.logSumExp_HN + 0.7};
    const auto [dq, dk, dv] = plain.backward(dout_, q_, k, v, merged, pairs);
    const auto [adq, adk, adv] = attention.backward(dout_, q_, k, v, merged, pairs);
    double worst = 0;
    for (const auto& [x, y] : {std::pair(part.out_NHE, expected.out_NHE),
                               {part.logSumExp_HN, expected.logSumExp_HN},
                               {adq, dq},
                               {adk, dk},
                               {adv, dv}}) {
      const double error = relativeError(x, y);
      if (!(error <= worst)) worst = error;  // also when it is not a number
    }
    return worst;
  }

  Sequences queries_, keys_;
  at::Tensor q_, k_, v_, dout_;
};

const VarlenAttention& choose(const at::Tensor& q_NHE, int64_t kvHeads) {
  at::NoGradGuard noGrad;
  const Trial trial(q_NHE.options(), q_NHE.size(1), kvHeads, q_NHE.size(2));
  std::string faults;
  for (const VarlenAttention* attention : {&flashVarlenAttention(), &efficientVarlenAttention()}) {
    const std::string fault = trial.fault(*attention);
    if (fault.empty()) return *attention;
    faults += std::string("\n  ") + attention->name() + ": " + fault;
  }
  TORCH_WARN("Attention on ", q_NHE.device(),
             " is computed by plain tensor operations, which is slow, because PyTorch's ",
             "kernels cannot be used for ", q_NHE.scalar_type(), ", head width ", q_NHE.size(2), ":", faults);
  return plainVarlenAttention();
}

}  // namespace

const VarlenAttention& varlenAttentionFor(const at::Tensor& q_NHE, const at::Tensor& k_MKE) {
  if (q_NHE.is_cpu()) return plainVarlenAttention();
  using Key = std::tuple<c10::DeviceIndex, at::ScalarType, int64_t, int64_t, int64_t>;
  static std::mutex mutex;
  static std::map<Key, const VarlenAttention*> chosen;
  const Key key{q_NHE.device().index(), q_NHE.scalar_type(), q_NHE.size(1), k_MKE.size(1), q_NHE.size(2)};
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [place, isNew] = chosen.try_emplace(key, nullptr);
  if (isNew) place->second = &choose(q_NHE, k_MKE.size(1));
  return *place->second;
}

}  // namespace foothold::model
