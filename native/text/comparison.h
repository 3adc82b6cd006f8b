// Two sequences made ready for comparison, shared by every algorithm.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/text/match.h"
#include "native/text/sequence_index.h"

namespace foothold::text {

/// Two numbered sequences. A match begins as a run of equal core symbols; symbols that b lacks, junk and popular ones
/// are no core symbols and never equal. Only where some are excluded is a run then extended, by comparing all symbols.
struct Comparison {
  std::span<const uint32_t> a_core;
  std::span<const uint32_t> b_core;
  /// Core symbols are smaller than this.
  uint32_t num_symbols;

  std::span<const uint32_t> a_all;
  const SequenceIndex* index;

  Range whole() const { return {0, static_cast<uint32_t>(a_core.size()), 0, static_cast<uint32_t>(b_core.size())}; }
  bool extends() const { return index->hasExcluded(); }
};

/// Numbers a first sequence against an index and keeps the memory for it.
class ComparisonBuilder {
 public:
  Comparison build(std::span<const uint32_t> a, const SequenceIndex& index);

 private:
  std::vector<uint32_t> a_all_;
  std::vector<uint32_t> a_core_;
};

/// Takes the blocks that an algorithm finds, in any order: counts their elements and keeps them if asked to.
class BlockSink {
 public:
  explicit BlockSink(std::vector<Match>* blocks = nullptr) : blocks_(blocks) {}

  void add(Match match) {
    matched_ += match.size;
    if (blocks_ != nullptr) blocks_->push_back(match);
  }

  uint64_t matched() const { return matched_; }

 private:
  uint64_t matched_ = 0;
  std::vector<Match>* blocks_;
};

}  // namespace foothold::text
