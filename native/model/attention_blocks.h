#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "native/model/group_attention.h"

namespace foothold::model::cpu_attention {

/// A span of keys, and where it lies among those of its group when every span is padded to whole blocks.
struct KeySpan {
  Span tokens;
  int64_t padded;
};

/// A piece of keys that a block of queries sees: in part where it is the block's own span, else in whole.
struct KeyPiece {
  const KeySpan* span;
  int64_t start, count;  // within the span
  bool causal;
};

/// Some neighbouring tokens of one span, whose queries are computed together.
struct QueryBlock {
  int64_t group;
  const KeySpan* own;
  const KeySpan* prompt;  // null for a prompt's own queries
  int64_t start, count;   // within `own`

  /// Keys of `piece` that the block's token t sees.
  int64_t visible(const KeyPiece& piece, int64_t t) const {
    return piece.causal ? std::min(piece.count, std::max<int64_t>(start + t + 1 - piece.start, 0)) : piece.count;
  }

  /// visit(piece) for all keys that the block sees, at most `atOnce` a piece.
  template <typename Visit>
  void forEachPiece(int64_t atOnce, const Visit& visit) const {
    if (prompt) forEachPiece(*prompt, prompt->tokens.length, /*causal=*/false, atOnce, visit);
    forEachPiece(*own, start + count, /*causal=*/true, atOnce, visit);
  }

 private:
  template <typename Visit>
  static void forEachPiece(const KeySpan& span, int64_t length, bool causal, int64_t atOnce, const Visit& visit) {
    for (int64_t begin = 0; begin < length; begin += atOnce) {
      visit(KeyPiece{&span, begin, std::min(atOnce, length - begin), causal});
    }
  }
};

/// The spans of a group, its prompt first, and their length with padding.
struct GroupKeys {
  std::vector<KeySpan> spans;
  int64_t padded = 0;
};

/// A batch cut into blocks of queries.
struct Blocks {
  std::vector<GroupKeys> groups;
  std::vector<QueryBlock> queries;  // ordered by group

  /// Blocks of at most `tokens` tokens.
  Blocks(const PackedLayout& layout, int64_t tokens);
  Blocks(const Blocks&) = delete;

  /// Blocks of queries of the group that has most.
  int64_t mostInGroup() const;
};

/// Keys or values of all groups and key heads, transposed block by block as scoreTile takes them: for each group
/// [K, padded / kKeyBlock, E, kKeyBlock].
class TransposedKeys {
 public:
  TransposedKeys(const at::Tensor& x_NKE, const Blocks& blocks);
  const float* at(int64_t group, int64_t kvHead, const KeyPiece& piece) const;

 private:
  int64_t width_;
  at::Tensor values_;
  std::vector<const float*> groups_;
  std::vector<int64_t> padded_;
};

}  // namespace foothold::model::cpu_attention
