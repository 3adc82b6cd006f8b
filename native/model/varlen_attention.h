#pragma once

#include <ATen/ATen.h>

#include <tuple>
#include <vector>

namespace foothold::model {

/// S non-empty sequences of tokens that lie one after another: sequence s is [offsets[s], offsets[s + 1]).
struct Sequences {
  /// `lengths`: at least one, all positive.
  Sequences(const std::vector<int64_t>& lengths, const at::Device& device);

  int64_t count() const { return static_cast<int64_t>(hostOffsets.size()) - 1; }
  int64_t tokens() const { return hostOffsets.back(); }

  std::vector<int32_t> hostOffsets;
  at::Tensor offsets;  // the same as int32 on the device, for kernels
  int64_t longest = 0;
  /// Some kernels pad sequences to this many tokens; where the packed ones lie in [S, paddedLength], on the device.
  int64_t paddedLength = 0;
  at::Tensor paddedPlaces_N;
};

/// Which queries see which keys: those of sequence s the keys of sequence s. `causal`: query t sees keys 0 … t, and
/// both sequences are as long.
struct SequencePairs {
  Sequences queries, keys;
  bool causal = false;
};

/// Attention of N packed queries together with what is needed to merge it with other parts and to differentiate it.
struct VarlenPart {
  at::Tensor out_NHE;
  at::Tensor logSumExp_HN;  // float32, of the scaled scores
};

/// Attention over sequences of any lengths in one go: q [N, H, E], k and v [M, K, E] with H a multiple of K.
class VarlenAttention {
 public:
  virtual ~VarlenAttention() = default;
  virtual const char* name() const = 0;

  virtual VarlenPart forward(const at::Tensor& q_NHE, const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                             const SequencePairs& pairs) const = 0;

  /// (dq, dk, dv). Of a merged attention, these are the pairs' share of the gradient: see attendBackward.
  virtual std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dout_NHE, const at::Tensor& q_NHE,
                                                                  const at::Tensor& k_MKE, const at::Tensor& v_MKE,
                                                                  const VarlenPart& merged,
                                                                  const SequencePairs& pairs) const = 0;
};

/// Sequence by sequence in tensor operations; for every device and type.
const VarlenAttention& plainVarlenAttention();

/// The fastest attention that works for such queries and keys on their device, which is found out by comparing it with
/// the plain one at the first call. Where only the plain one is left on a GPU, a warning says why, once.
const VarlenAttention& varlenAttentionFor(const at::Tensor& q_NHE, const at::Tensor& k_MKE);

}  // namespace foothold::model
