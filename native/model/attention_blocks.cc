#include "native/model/attention_blocks.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "native/model/attention_kernels.h"

namespace foothold::model::cpu_attention {
namespace {

using kernels::kKeyBlock;

int64_t toWholeBlocks(int64_t length) { return (length + kKeyBlock - 1) / kKeyBlock * kKeyBlock; }

/// One span and one head; the keys that complete the last block are zero.
void transpose(const float* x, int64_t stride, int64_t length, int64_t width, float* to) {
  for (int64_t begin = 0; begin < length; begin += kKeyBlock, to += width * kKeyBlock) {
    for (int64_t lane = 0; lane < kKeyBlock; ++lane) {
      const int64_t j = begin + lane;
      for (int64_t e = 0; e < width; ++e) to[e * kKeyBlock + lane] = j < length ? x[j * stride + e] : 0.0f;
    }
  }
}

}  // namespace

Blocks::Blocks(const PackedLayout& layout, int64_t tokens) : groups(layout.groups.size()) {
  for (size_t g = 0; g < groups.size(); ++g) {
    const GroupSpan& group = layout.groups[g];
    GroupKeys& keys = groups[g];
    keys.spans.reserve(1 + group.completions.size());  // blocks point into it
    const auto add = [&](const Span& span) {
      keys.spans.push_back({span, keys.padded});
      keys.padded += toWholeBlocks(span.length);
    };
    add(group.prompt);
    for (const Span& completion : group.completions) add(completion);
    for (const KeySpan& own : keys.spans) {
      const KeySpan* const prompt = &own == &keys.spans.front() ? nullptr : &keys.spans.front();
      for (int64_t start = 0; start < own.tokens.length; start += tokens) {
        const int64_t count = std::min(tokens, own.tokens.length - start);
        queries.push_back({static_cast<int64_t>(g), &own, prompt, start, count});
      }
    }
  }
}

int64_t Blocks::mostInGroup() const {
  std::vector<int64_t> counts(groups.size());
  for (const QueryBlock& block : queries) ++counts[block.group];
  return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

TransposedKeys::TransposedKeys(const at::Tensor& x_NKE, const Blocks& blocks) : width_(x_NKE.size(2)) {
  const int64_t kvHeads = x_NKE.size(1), stride = x_NKE.stride(0);
  int64_t total = 0;
  for (const GroupKeys& group : blocks.groups) total += group.padded;
  values_ = at::empty({total * kvHeads * width_}, x_NKE.options());
  const float* x = x_NKE.const_data_ptr<float>();
  float* to = values_.mutable_data_ptr<float>();
  for (const GroupKeys& group : blocks.groups) {
    groups_.push_back(to);
    padded_.push_back(group.padded);
    const int64_t spans = static_cast<int64_t>(group.spans.size());
    at::parallel_for(0, spans * kvHeads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const KeySpan& span = group.spans[i / kvHeads];
        const int64_t kvHead = i % kvHeads;
        transpose(x + span.tokens.start * stride + kvHead * width_, stride, span.tokens.length, width_,
                  to + (kvHead * group.padded + span.padded) * width_);
      }
    });
    to += kvHeads * group.padded * width_;
  }
}

const float* TransposedKeys::at(int64_t group, int64_t kvHead, const KeyPiece& piece) const {
  return groups_[group] + (kvHead * padded_[group] + piece.span->padded + piece.start) * width_;
}

}  // namespace foothold::model::cpu_attention
