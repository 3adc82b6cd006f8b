#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "native/model/group_attention.h"
#include "native/model/ragged.h"

namespace foothold::train {

/// Prompts with their completions: completions are ordered group by group.
struct TokenBatch {
  Ragged prompts;
  std::vector<int32_t> groupSizes;
  Ragged completions;
};

/// Throws std::invalid_argument, naming the row, unless offsets and group sizes fit together, every token is in the
/// vocabulary, every prompt has a token, and no sequence is longer than `maxPositions`.
void checkBatch(const TokenBatch& batch, int64_t vocabSize, int64_t maxPositions);

/// Some rows of one group.
struct GroupSlice {
  int64_t group = 0;
  std::vector<int64_t> rows;  // indices into the batch's completions
};

/// Cut a batch into parts of at most `maxTokens` tokens (prompts once a group). A group stays whole where it can, since
/// each part computes the prompt anew; one that is larger than a part begins a part and is cut between its rows. A part
/// always has at least one row.
std::vector<std::vector<GroupSlice>> cutByTokens(const TokenBatch& batch, const std::vector<int64_t>& rows,
                                                 int64_t maxTokens);

/// A part of a batch as the model runs it: each prompt once, then its completions. A completion's last token needs
/// no pass of its own, since nothing follows it.
struct PackedBatch {
  at::Tensor tokens_N;     // int64
  at::Tensor positions_N;  // int64
  c10::intrusive_ptr<model::PackedLayout> layout;
  at::Tensor predictors_C;          // int64: for each completion token the packed index of the token before it
  at::Tensor targets_C;             // int64: the completion tokens
  std::vector<int64_t> rows;        // the completions of this part, in packed order
  std::vector<int64_t> rowOffsets;  // where each begins among the C completion tokens, and C at the end
};

PackedBatch pack(const TokenBatch& batch, const std::vector<GroupSlice>& slices, const at::Device& device);

}  // namespace foothold::train
