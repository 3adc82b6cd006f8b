#include "native/rollout/generate.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "native/rollout/decoder.h"
#include "native/rollout/prefill.h"
#include "native/rollout/row_sampler.h"

namespace foothold::rollout {
namespace {

class Generator {
 public:
  Generator(const model::Model& model, const at::Device& device, const GenerateRequest& request, GraphMemory& memory,
            const Progress& progress, const OnCompletion& onCompletion)
      : model_(model),
        device_(device),
        request_(request),
        progress_(progress),
        onCompletion_(onCompletion),
        completions_(request.prompts.rows() * request.numGenerations),
        groups_(request.prompts.rows(), Group{request.numGenerations, false, {}}) {
    // The last token of a completion is never fed back, so it needs no place in the cache.
    slotLength_ = std::max<int64_t>(request.maxCompletionLength - 1, 1);
    CacheShape wanted;
    wanted.groups = request.prompts.rows();
    wanted.groupSize = request.numGenerations;
    wanted.slots = static_cast<int64_t>(completions_.size());
    wanted.slotLength = slotLength_;
    for (int64_t i = 0; i < wanted.groups; ++i) {
      wanted.promptLength = std::max(wanted.promptLength, request.prompts.length(i));
    }
    const CacheShape shape = fitShape(model, wanted, request.maxBatchedTokens);
    decoder_ = makeDecoder(model, shape, memory);
    for (int64_t slot = shape.slots - 1; slot >= 0; --slot) freeSlots_.push_back(slot);
  }

  std::vector<Completion> run() {
    while (waiting_ < static_cast<int64_t>(completions_.size()) || !running_.empty()) {
      admit();
      if (!running_.empty()) decode();
      progress_.advance(sampled_, static_cast<int64_t>(completions_.size()) * request_.maxCompletionLength);
    }
    return std::move(completions_);
  }

 private:
  int64_t groupOf(int64_t row) const { return row / request_.numGenerations; }

  /// Bring in waiting rows, in order, as long as there is room; at least one when nothing runs.
  void admit() {
    std::vector<CacheRow> fresh;
    std::vector<int64_t> prompts;
    while (waiting_ < static_cast<int64_t>(completions_.size()) && !freeSlots_.empty()) {
      const int64_t group = groupOf(waiting_);
      const int64_t cost = slotLength_ + (groups_[group].held ? 0 : request_.prompts.length(group));
      const bool idle = running_.empty() && fresh.empty();
      if (!idle && tokensHeld_ + cost > request_.maxBatchedTokens) break;
      if (!groups_[group].held) {
        if (promptsHeld_ == decoder_->promptCapacity()) break;
        ++promptsHeld_;
        groups_[group].held = true;
        prompts.push_back(group);
      }
      tokensHeld_ += cost;
      fresh.push_back({group, freeSlots_.back(), 0});
      freeSlots_.pop_back();
      freshRows_.push_back(waiting_++);
    }
    const std::vector<at::Tensor> logits = prefill(model_, device_, *decoder_, request_.prompts, prompts, progress_);
    for (size_t i = 0; i < prompts.size(); ++i) groups_[prompts[i]].logits_V = logits[i];
    start(fresh);
  }

  /// The first token of a row is drawn from its prompt's logits.
  void start(const std::vector<CacheRow>& fresh) {
    for (size_t i = 0; i < fresh.size(); ++i) {
      const at::Tensor logits_V = groups_[fresh[i].group].logits_V;
      accept(freshRows_[i], fresh[i],
             sample(logits_V.const_data_ptr<float>(), model_.config.vocabSize, request_.sampling,
                    nextUniform(freshRows_[i])));
    }
    freshRows_.clear();
    std::stable_sort(running_.begin(), running_.end(),
                     [](const Running& a, const Running& b) { return a.index < b.index; });
  }

  void decode() {
    std::vector<CacheRow> rows;
    std::vector<int64_t> tokens, positions;
    for (const Running& row : running_) {
      rows.push_back(row.cache);
      tokens.push_back(completions_[row.index].tokens.back());
      positions.push_back(request_.prompts.length(row.cache.group) + row.cache.length);
    }
    std::vector<double> u;
    for (const Running& row : running_) u.push_back(nextUniform(row.index));
    const std::vector<Sample> samples = sampleRows(decoder_->logits(rows, tokens, positions), request_.sampling, u);
    const std::vector<Running> before = std::move(running_);
    running_.clear();
    for (size_t i = 0; i < before.size(); ++i) {
      CacheRow cache = before[i].cache;
      ++cache.length;
      accept(before[i].index, cache, samples[i]);
    }
  }

  double nextUniform(int64_t row) const {
    return uniform(request_.seed, static_cast<uint64_t>(row), completions_[row].tokens.size());
  }

  /// Add a token to a row, which then goes on running or gives back its place.
  void accept(int64_t index, const CacheRow& cache, const Sample& sample) {
    Completion& completion = completions_[index];
    completion.tokens.push_back(sample.token);
    completion.logProbs.push_back(sample.logProb);
    ++sampled_;
    const auto& eos = request_.eosTokenIds;
    completion.finished = std::find(eos.begin(), eos.end(), sample.token) != eos.end();
    if (!completion.finished && static_cast<int64_t>(completion.tokens.size()) < request_.maxCompletionLength) {
      running_.push_back({index, cache});
      return;
    }
    if (onCompletion_) onCompletion_(index, completion);
    freeSlots_.push_back(cache.slot);
    tokensHeld_ -= slotLength_;
    Group& group = groups_[cache.group];
    if (--group.unfinished == 0) {
      decoder_->dropPrompt(cache.group);
      --promptsHeld_;
      group.logits_V.reset();
      tokensHeld_ -= request_.prompts.length(cache.group);
    }
  }

  struct Running {
    int64_t index;
    CacheRow cache;
  };
  struct Group {
    int64_t unfinished;   // rows, waiting ones included; the prompt is held until none is left
    bool held;            // the prompt is in the cache
    at::Tensor logits_V;  // after the prompt: every row's first token is drawn from them
  };

  const model::Model& model_;
  const at::Device device_;
  const GenerateRequest& request_;
  const Progress& progress_;
  const OnCompletion& onCompletion_;
  std::vector<Completion> completions_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<Running> running_;
  std::vector<Group> groups_;
  std::vector<int64_t> freeSlots_, freshRows_;
  int64_t slotLength_ = 0, waiting_ = 0, tokensHeld_ = 0, promptsHeld_ = 0, sampled_ = 0;
};

}  // namespace

std::vector<Completion> generate(const model::Model& model, const at::Device& device, const GenerateRequest& request,
                                 GraphMemory& memory, const Progress& progress, const OnCompletion& onCompletion) {
  at::NoGradGuard noGrad;
  return Generator(model, device, request, memory, progress, onCompletion).run();
}

}  // namespace foothold::rollout
