#include <map>
#include <mutex>
#include <tuple>

#include "native/model/kernel_trial.h"
#include "native/model/kernels.h"
#include "native/model/varlen_attention.h"
#include "native/model/varlen_kernels.h"

namespace foothold::model {
namespace {

/// A batch of the kind that training has, small: sequences of one token, of less than a block and of more.
class Trial {
 public:
  Trial(const at::TensorOptions& options, int64_t heads, int64_t kvHeads, int64_t width)
      : queries_({1, 150, 33, 70}, options.device()),
        keys_({40, 1, 200, 65}, options.device()),
        q_(trialTensor({queries_.tokens(), heads, width}, 1, options)),
        k_(trialTensor({keys_.tokens(), kvHeads, width}, 2, options)),
        v_(trialTensor({keys_.tokens(), kvHeads, width}, 3, options)),
        dout_(trialTensor({queries_.tokens(), heads, width}, 4, options)) {}

  std::vector<Comparison> compare(const VarlenAttention& attention) const {
    std::vector<Comparison> all;
    add(all, attention, {queries_, keys_, /*causal=*/false}, k_, v_);
    const int64_t tokens = queries_.tokens();
    add(all, attention, {queries_, queries_, /*causal=*/true}, k_.narrow(0, 0, tokens), v_.narrow(0, 0, tokens));
    return all;
  }

 private:
  void add(std::vector<Comparison>& all, const VarlenAttention& attention, const SequencePairs& pairs,
           const at::Tensor& k, const at::Tensor& v) const {
    const VarlenAttention& plain = plainVarlenAttention();
    const VarlenPart expected = plain.forward(q_, k, v, pairs), part = attention.forward(q_, k, v, pairs);
    // As for a merged attention: there were other keys of as much weight.
    const VarlenPart merged{expected.out_NHE * 0.5, expected.logSumExp_HN + 0.7};
    const auto [dq, dk, dv] = plain.backward(dout_, q_, k, v, merged, pairs);
    const auto [adq, adk, adv] = attention.backward(dout_, q_, k, v, merged, pairs);
    for (const Comparison& comparison : std::initializer_list<Comparison>{{part.out_NHE, expected.out_NHE},
                                                                          {part.logSumExp_HN, expected.logSumExp_HN},
                                                                          {adq, dq},
                                                                          {adk, dk},
                                                                          {adv, dv}}) {
      all.push_back(comparison);
    }
  }

  Sequences queries_, keys_;
  at::Tensor q_, k_, v_, dout_;
};

const VarlenAttention& choose(const at::Tensor& q_NHE, int64_t kvHeads) {
  const KernelUse use{"training", q_NHE.options(), q_NHE.size(2)};
  const Trial trial(use.options, q_NHE.size(1), kvHeads, use.headWidth);
  return chooseKernel(use, {&flashVarlenAttention(), &efficientVarlenAttention()}, plainVarlenAttention(),
                      [&](const VarlenAttention& attention) { return trial.compare(attention); });
}

}  // namespace

const VarlenAttention& varlenAttentionFor(const at::Tensor& q_NHE, const at::Tensor& k_MKE) {
  if (q_NHE.is_cpu() || !kernels::areEnabled()) return plainVarlenAttention();
  using Key = std::tuple<c10::DeviceIndex, at::ScalarType, int64_t, int64_t, int64_t>;
  static std::mutex mutex;
  static std::map<Key, const VarlenAttention*> chosen;
  const Key key{q_NHE.device().index(), q_NHE.scalar_type(), q_NHE.size(1), k_MKE.size(1), q_NHE.size(2)};
  const std::lock_guard<std::mutex> lock(mutex);
  const VarlenAttention*& attention = chosen[key];
  if (!attention) attention = &choose(q_NHE, k_MKE.size(1));  // again at the next call if it throws
  return *attention;
}

}  // namespace foothold::model
