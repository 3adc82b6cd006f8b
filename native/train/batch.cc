#include "native/train/batch.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "native/model/index_tensor.h"

namespace foothold::train {
namespace {

[[noreturn]] void fail(const std::string& message) { throw std::invalid_argument(message); }

void checkOffsets(const Ragged& ragged, const std::string& name) {
  if (ragged.offsets.empty() || ragged.offsets.front() != 0) fail(name + ".offsets must begin with 0");
  if (!std::is_sorted(ragged.offsets.begin(), ragged.offsets.end())) fail(name + ".offsets must not decrease");
  if (ragged.offsets.back() != static_cast<int64_t>(ragged.values.size())) {
    fail(name + ".offsets must end with the number of values, " + std::to_string(ragged.values.size()) + ", not " +
         std::to_string(ragged.offsets.back()));
  }
}

void checkTokens(const Ragged& ragged, const std::string& name, int64_t vocabSize) {
  for (int64_t row = 0; row < ragged.rows(); ++row) {
    for (int64_t t = 0; t < ragged.length(row); ++t) {
      const int32_t token = ragged.row(row)[t];
      if (token < 0 || token >= vocabSize) {
        fail(name + " row " + std::to_string(row) + ": token id " + std::to_string(token) +
             " is outside the vocabulary of " + std::to_string(vocabSize));
      }
    }
  }
}

void append(std::vector<int64_t>& target, const int32_t* values, int64_t count) {
  target.insert(target.end(), values, values + count);
}

void appendRange(std::vector<int64_t>& target, int64_t begin, int64_t count) {
  for (int64_t i = 0; i < count; ++i) target.push_back(begin + i);
}

/// `rows`, which are in the batch's order, group by group.
std::vector<GroupSlice> byGroup(const TokenBatch& batch, const std::vector<int64_t>& rows) {
  std::vector<GroupSlice> groups;
  int64_t group = 0, end = batch.groupSizes.empty() ? 0 : batch.groupSizes[0];
  for (const int64_t row : rows) {
    while (row >= end) end += batch.groupSizes[++group];
    if (groups.empty() || groups.back().group != group) groups.push_back({group, {}});
    groups.back().rows.push_back(row);
  }
  return groups;
}

}  // namespace

void checkBatch(const TokenBatch& batch, int64_t vocabSize, int64_t maxPositions) {
  checkOffsets(batch.prompts, "prompts");
  checkOffsets(batch.completions, "completions");
  checkTokens(batch.prompts, "prompts", vocabSize);
  checkTokens(batch.completions, "completions", vocabSize);
  if (static_cast<int64_t>(batch.groupSizes.size()) != batch.prompts.rows()) {
    fail("groupSizes has " + std::to_string(batch.groupSizes.size()) + " entries for " +
         std::to_string(batch.prompts.rows()) + " prompts");
  }
  int64_t row = 0;
  for (int64_t group = 0; group < batch.prompts.rows(); ++group) {
    const int64_t prompt = batch.prompts.length(group);
    if (prompt == 0) fail("prompts row " + std::to_string(group) + " is empty; a prompt needs at least one token");
    if (batch.groupSizes[group] < 1) fail("groupSizes[" + std::to_string(group) + "] must be at least 1");
    for (int64_t i = 0; i < batch.groupSizes[group]; ++i, ++row) {
      if (row >= batch.completions.rows()) fail("groupSizes count more rows than there are completions");
      const int64_t length = prompt + batch.completions.length(row);
      if (length > maxPositions) {
        fail("completions row " + std::to_string(row) + " with its prompt has " + std::to_string(length) +
             " tokens; the model takes at most " + std::to_string(maxPositions));
      }
    }
  }
  if (row != batch.completions.rows()) {
    fail("groupSizes sum to " + std::to_string(row) + ", but there are " + std::to_string(batch.completions.rows()) +
         " completions");
  }
}

std::vector<std::vector<GroupSlice>> cutByTokens(const TokenBatch& batch, const std::vector<int64_t>& rows,
                                                 int64_t maxTokens) {
  std::vector<std::vector<GroupSlice>> parts;
  int64_t used = maxTokens;  // of the last part; full, so that the first group opens one
  for (const GroupSlice& group : byGroup(batch, rows)) {
    const int64_t prompt = batch.prompts.length(group.group);
    const int64_t whole = std::accumulate(group.rows.begin(), group.rows.end(), prompt, [&](int64_t sum, int64_t row) {
      return sum + batch.completions.length(row);
    });
    if (used + whole <= maxTokens) {
      parts.back().push_back(group);
      used += whole;
      continue;
    }
    bool isOpen = false;  // whether the last part holds this group
    for (const int64_t row : group.rows) {
      const int64_t tokens = batch.completions.length(row);
      if (!isOpen || used + tokens > maxTokens) {
        parts.push_back({{group.group, {}}});
        used = prompt;
        isOpen = true;
      }
      parts.back().back().rows.push_back(row);
      used += tokens;
    }
  }
  return parts;
}

PackedBatch pack(const TokenBatch& batch, const std::vector<GroupSlice>& slices, const at::Device& device) {
  PackedBatch packed;
  packed.layout = c10::make_intrusive<model::PackedLayout>();
  std::vector<int64_t> tokens, positions, predictors, targets;
  for (const GroupSlice& slice : slices) {
    model::GroupSpan span;
    const int64_t prompt = batch.prompts.length(slice.group);
    span.prompt = {static_cast<int64_t>(tokens.size()), prompt};
    append(tokens, batch.prompts.row(slice.group), prompt);
    appendRange(positions, 0, prompt);
    for (const int64_t row : slice.rows) {
      const int64_t length = batch.completions.length(row), start = static_cast<int64_t>(tokens.size());
      const int64_t inputs = std::max<int64_t>(length - 1, 0);
      packed.rows.push_back(row);
      packed.rowOffsets.push_back(static_cast<int64_t>(targets.size()));
      append(targets, batch.completions.row(row), length);
      if (length > 0) predictors.push_back(span.prompt.start + prompt - 1);
      appendRange(predictors, start, inputs);
      append(tokens, batch.completions.row(row), inputs);
      appendRange(positions, prompt, inputs);
      span.completions.push_back({start, inputs});
    }
    packed.layout->groups.push_back(std::move(span));
  }
  packed.rowOffsets.push_back(static_cast<int64_t>(targets.size()));
  packed.tokens_N = model::indexTensor(tokens, device);
  packed.positions_N = model::indexTensor(positions, device);
  packed.predictors_C = model::indexTensor(predictors, device);
  packed.targets_C = model::indexTensor(targets, device);
  return packed;
}

}  // namespace foothold::train
