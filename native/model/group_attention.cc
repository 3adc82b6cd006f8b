#include "native/model/group_attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include "native/model/attention.h"
#include "native/model/cpu_attention.h"
#include "native/model/kernels.h"
#include "native/model/packed_attention.h"

namespace foothold::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Views of packed tensors as the kernels want them: with R query heads to a key head, the R are made a batch
/// dimension over which keys and values are expanded without a copy.
class Heads {
 public:
  Heads(const at::Tensor& q_NHE, const at::Tensor& k_NKE)
      : kvHeads_(k_NKE.size(1)), repeats_(q_NHE.size(1) / k_NKE.size(1)), width_(q_NHE.size(2)) {}

  /// [N, H, E] → [R, K, T, E]
  at::Tensor queries(const at::Tensor& x_NHE, const Span& span) const {
    return x_NHE.narrow(0, span.start, span.length)
        .view({span.length, kvHeads_, repeats_, width_})
        .permute({2, 1, 0, 3});
  }
  /// [N, K, E] → [R, K, T, E]
  at::Tensor keys(const at::Tensor& x_NKE, const Span& span) const {
    return x_NKE.narrow(0, span.start, span.length)
        .transpose(0, 1)
        .unsqueeze(0)
        .expand({repeats_, kvHeads_, span.length, width_});
  }
  /// Adds the gradient [R, K, T, E] of expanded keys or values to the packed [N, K, E].
  void addKeyGradient(at::Tensor& sum_NKE, const at::Tensor& d_RKTE, const Span& span) const {
    sum_NKE.narrow(0, span.start, span.length).add_(d_RKTE.sum(0).transpose(0, 1));
  }

 private:
  int64_t kvHeads_, repeats_, width_;
};

AttentionPart slice(const AttentionPart& part, int64_t start, int64_t length) {
  return {part.out_BHTE.narrow(2, start, length), part.logSumExp_BHT.narrow(2, start, length)};
}

struct Packed {
  at::Tensor q, k, v, out;  // [N, H|K, E]
  at::Tensor logSumExp_HN;  // [H, N] as [R·K, N]
};

class GroupForward {
 public:
  GroupForward(Packed& packed) : p_(packed), heads_(packed.q, packed.k) {}

  void run(const GroupSpan& group) {
    if (group.prompt.length > 0) {
      store(attend(queries(group.prompt), keys(group.prompt), values(group.prompt), /*causal=*/true), group.prompt);
    }
    const Span all = group.allCompletions();
    if (all.length == 0) return;
    const AttentionPart own = ownParts(group, all);
    if (group.prompt.length == 0) return store(own, all);
    store(mergeParts(attend(queries(all), keys(group.prompt), values(group.prompt), /*causal=*/false), own), all);
  }

 private:
  at::Tensor queries(const Span& span) const { return heads_.queries(p_.q, span); }
  at::Tensor keys(const Span& span) const { return heads_.keys(p_.k, span); }
  at::Tensor values(const Span& span) const { return heads_.keys(p_.v, span); }

  AttentionPart ownParts(const GroupSpan& group, const Span& all) {
    AttentionPart own;
    for (const Span& row : group.completions) {
      if (row.length == 0) continue;
      const AttentionPart part = attend(queries(row), keys(row), values(row), /*causal=*/true);
      if (!own.out_BHTE.defined()) {
        own.out_BHTE = at::empty({part.out_BHTE.size(0), part.out_BHTE.size(1), all.length, part.out_BHTE.size(3)},
                                 part.out_BHTE.options());
        own.logSumExp_BHT =
            at::empty({part.out_BHTE.size(0), part.out_BHTE.size(1), all.length}, part.logSumExp_BHT.options());
      }
      const AttentionPart target = slice(own, row.start - all.start, row.length);
      target.out_BHTE.copy_(part.out_BHTE);
      target.logSumExp_BHT.copy_(part.logSumExp_BHT);
    }
    return own;
  }

  void store(const AttentionPart& part, const Span& span) {
    heads_.queries(p_.out, span).copy_(part.out_BHTE);
    const int64_t repeats = part.out_BHTE.size(0), kvHeads = part.out_BHTE.size(1);
    p_.logSumExp_HN.narrow(1, span.start, span.length).view({repeats, kvHeads, span.length}).copy_(part.logSumExp_BHT);
  }

  Packed& p_;
  Heads heads_;
};

class GroupBackward {
 public:
  GroupBackward(const Packed& packed, const at::Tensor& dout)
      : p_(packed),
        heads_(packed.q, packed.k),
        dout_(dout),
        dq_(at::zeros_like(packed.q)),
        dk_(at::zeros(packed.k.sizes(), packed.k.options())),
        dv_(at::zeros(packed.v.sizes(), packed.v.options())) {}

  void run(const GroupSpan& group) {
    if (group.prompt.length > 0) part(group.prompt, group.prompt, /*causal=*/true);
    const Span all = group.allCompletions();
    if (all.length > 0 && group.prompt.length > 0) part(all, group.prompt, /*causal=*/false);
    for (const Span& row : group.completions) {
      if (row.length > 0) part(row, row, /*causal=*/true);
    }
  }

  variable_list gradients() { return {dq_, dk_, dv_, at::Tensor()}; }

 private:
  /// The share of the gradient that passes between the queries of one span and the keys of another.
  void part(const Span& querySpan, const Span& keySpan, bool causal) {
    const at::Tensor out = heads_.queries(p_.out, querySpan);
    const at::Tensor logSumExp =
        p_.logSumExp_HN.narrow(1, querySpan.start, querySpan.length).view({out.size(0), out.size(1), querySpan.length});
    auto [dq, dk, dv] =
        attendBackward(heads_.queries(dout_, querySpan), heads_.queries(p_.q, querySpan), heads_.keys(p_.k, keySpan),
                       heads_.keys(p_.v, keySpan), {out, logSumExp}, causal);
    heads_.queries(dq_, querySpan).add_(dq);
    heads_.addKeyGradient(dk_, dk, keySpan);
    heads_.addKeyGradient(dv_, dv, keySpan);
  }

  const Packed& p_;
  Heads heads_;
  at::Tensor dout_, dq_, dk_, dv_;
};

/// Whether the batch is computed in launches over all spans at once. The CPU's kernels are called span by span.
bool isPacked(const at::Tensor& q) { return !q.is_cpu() || !kernels::areEnabled(); }

const PackedSequences& sequencesOf(PackedLayout& layout, const at::Device& device) {
  if (!layout.sequences) layout.sequences = std::make_shared<PackedSequences>(layout, device);
  return *layout.sequences;
}

struct GroupAttentionFunction : torch::autograd::Function<GroupAttentionFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const c10::intrusive_ptr<PackedLayout>& layout) {
    context->saved_data["layout"] = c10::IValue::make_capsule(layout);
    if (kernels::canUse(q)) {
      const auto [out, logSumExp_NH] = cpu_attention::forward(q, k, v, *layout);
      context->save_for_backward({q, k, v, out, logSumExp_NH});
      return out;
    }
    Packed packed{q, k, v, at::empty_like(q, at::MemoryFormat::Contiguous),
                  at::empty({q.size(1), q.size(0)}, q.options().dtype(at::kFloat))};
    if (isPacked(q)) {
      const auto part = packedForward(q, k, v, sequencesOf(*layout, q.device()), varlenAttentionFor(q, k));
      packed.out = part.out_NHE;
      packed.logSumExp_HN = part.logSumExp_HN;
    } else {
      GroupForward forward(packed);
      for (const GroupSpan& group : layout->groups) forward.run(group);
    }
    context->save_for_backward({q, k, v, packed.out, packed.logSumExp_HN});
    return packed.out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Packed packed{saved[0], saved[1], saved[2], saved[3], saved[4]};
    const auto layout = c10::static_intrusive_pointer_cast<PackedLayout>(context->saved_data["layout"].toCapsule());
    if (kernels::canUse(packed.q)) {
      const auto [dq, dk, dv] = cpu_attention::backward(gradients[0].contiguous(), packed.q, packed.k, packed.v,
                                                        packed.out, packed.logSumExp_HN, *layout);
      return {dq, dk, dv, at::Tensor()};
    }
    if (isPacked(packed.q)) {
      const auto [dq, dk, dv] =
          packedBackward(gradients[0].contiguous(), packed.q, packed.k, packed.v, {packed.out, packed.logSumExp_HN},
                         sequencesOf(*layout, packed.q.device()), varlenAttentionFor(packed.q, packed.k));
      return {dq, dk, dv, at::Tensor()};
    }
    GroupBackward backward(packed, gradients[0].contiguous());
    for (const GroupSpan& group : layout->groups) backward.run(group);
    return backward.gradients();
  }
};

}  // namespace

Span GroupSpan::allCompletions() const {
  if (completions.empty()) return {};
  const Span& last = completions.back();
  return {completions.front().start, last.start + last.length - completions.front().start};
}

at::Tensor groupAttention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                          const c10::intrusive_ptr<PackedLayout>& layout) {
  return GroupAttentionFunction::apply(q_NHE, k_NKE, v_NKE, layout);
}

}  // namespace foothold::model
