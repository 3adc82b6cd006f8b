#include "native/rollout/prefill.h"

#include "native/model/group_attention.h"
#include "native/model/index_tensor.h"

namespace foothold::rollout {
namespace {

/// Prompts are computed in passes of about this many tokens.
constexpr int64_t kTokensOfPass = 2048;

/// Prompts attend to themselves and leave their keys and values with the decoder.
class PrefillAttention : public model::Attention {
 public:
  PrefillAttention(Decoder& decoder, c10::intrusive_ptr<model::PackedLayout> layout, std::vector<int64_t> groups)
      : decoder_(decoder), layout_(std::move(layout)), groups_(std::move(groups)) {}

  at::Tensor attend(int64_t layer, const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE) override {
    for (size_t i = 0; i < groups_.size(); ++i) {
      const model::Span& span = layout_->groups[i].prompt;
      decoder_.addPrompt(groups_[i], layer, k_NKE.narrow(0, span.start, span.length),
                         v_NKE.narrow(0, span.start, span.length));
    }
    return model::groupAttention(q_NHE, k_NKE, v_NKE, layout_);
  }

 private:
  Decoder& decoder_;
  c10::intrusive_ptr<model::PackedLayout> layout_;
  std::vector<int64_t> groups_;
};

}  // namespace

std::vector<at::Tensor> prefill(const model::Model& model, const at::Device& device, Decoder& decoder,
                                const Ragged& prompts, const std::vector<int64_t>& groups, const Progress& progress) {
  std::vector<at::Tensor> logits;
  while (logits.size() < groups.size()) {
    progress.check();
    std::vector<int64_t> part, tokens, positions, last;
    auto layout = c10::make_intrusive<model::PackedLayout>();
    for (size_t i = logits.size(); i < groups.size(); ++i) {
      if (!part.empty() && static_cast<int64_t>(tokens.size()) >= kTokensOfPass) break;
      const int64_t length = prompts.length(groups[i]);
      layout->groups.push_back({{static_cast<int64_t>(tokens.size()), length}, {}});
      for (int64_t t = 0; t < length; ++t) {
        tokens.push_back(prompts.row(groups[i])[t]);
        positions.push_back(t);
      }
      last.push_back(static_cast<int64_t>(tokens.size()) - 1);
      part.push_back(groups[i]);
    }
    PrefillAttention attention(decoder, layout, part);
    const at::Tensor hidden_BD =
        model::hiddenStates(model, model::indexTensor(tokens, device), model::indexTensor(positions, device), attention,
                            model::indexTensor(last, device));
    const at::Tensor logits_BV = model.weights.head(hidden_BD).to(at::kCPU, at::kFloat).contiguous();
    // Copies, so that one that is still needed does not hold those beside it.
    for (const at::Tensor& logits_V : logits_BV.unbind()) logits.push_back(logits_V.clone());
  }
  return logits;
}

}  // namespace foothold::rollout
