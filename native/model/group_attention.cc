#include "native/model/group_attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include "native/model/cpu_attention.h"
#include "native/model/kernels.h"
#include "native/model/packed_attention.h"

namespace foothold::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const PackedSequences& sequencesOf(PackedLayout& layout, const at::Device& device) {
  if (!layout.sequences) layout.sequences = std::make_shared<PackedSequences>(layout, device);
  return *layout.sequences;
}

struct GroupAttentionFunction : torch::autograd::Function<GroupAttentionFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const c10::intrusive_ptr<PackedLayout>& layout) {
    const bool byKernels = kernels::canUse(q);
    at::Tensor out, logSumExp;  // of our kernels [N, H], else [H, N]
    if (byKernels) {
      std::tie(out, logSumExp) = cpu_attention::forward(q, k, v, *layout);
    } else {
      const VarlenPart part = packedForward(q, k, v, sequencesOf(*layout, q.device()), varlenAttentionFor(q, k));
      out = part.out_NHE;
      logSumExp = part.logSumExp_HN;
    }
    context->save_for_backward({q, k, v, out, logSumExp});
    context->saved_data["layout"] = c10::IValue::make_capsule(layout);
    context->saved_data["byKernels"] = byKernels;
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &logSumExp = saved[4];
    const auto layout = c10::static_intrusive_pointer_cast<PackedLayout>(context->saved_data["layout"].toCapsule());
    const at::Tensor dout = gradients[0].contiguous();
    const auto [dq, dk, dv] = context->saved_data["byKernels"].toBool()
                                  ? cpu_attention::backward(dout, q, k, v, out, logSumExp, *layout)
                                  : packedBackward(dout, q, k, v, {out, logSumExp}, sequencesOf(*layout, q.device()),
                                                   varlenAttentionFor(q, k));
    return {dq, dk, dv, at::Tensor()};
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
