#include "bindings/text/matcher.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "native/text/code_points.h"
#include "native/text/matching_blocks.h"
#include "native/text/run_scan.h"

namespace foothold::text {

namespace {

// A sequence as JavaScript passes it: a string, compared by code points, or numbers that stand for elements.
std::vector<uint32_t> elementsOf(Napi::Value value) {
  std::vector<uint32_t> elements;
  if (value.IsString()) {
    appendCodePoints(value.As<Napi::String>().Utf16Value(), elements);
  } else {
    const auto numbers = value.As<Napi::Uint32Array>();
    elements.assign(numbers.Data(), numbers.Data() + numbers.ElementLength());
  }
  return elements;
}

Napi::Uint32Array toUint32Array(Napi::Env env, const std::vector<uint32_t>& values) {
  auto array = Napi::Uint32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

std::optional<Algorithm> algorithmNamed(Napi::Value name) {
  if (name.IsUndefined()) return std::nullopt;
  const std::string text = name.As<Napi::String>();
  if (text == "positions") return Algorithm::kPositions;
  if (text == "bits") return Algorithm::kBits;
  if (text == "grams") return Algorithm::kGrams;
  if (text == "levels") return Algorithm::kLevels;
  throw Napi::RangeError::New(name.Env(), "unknown algorithm " + text);
}

class Matcher : public Napi::ObjectWrap<Matcher> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Matcher",
                       {
                           InstanceAccessor<&Matcher::length1>("length1"),
                           InstanceAccessor<&Matcher::length2>("length2"),
                           InstanceAccessor<&Matcher::popular>("popular"),
                           InstanceMethod<&Matcher::setSeq1>("setSeq1"),
                           InstanceMethod<&Matcher::setSeq2>("setSeq2"),
                           InstanceMethod<&Matcher::longestMatch>("longestMatch"),
                           InstanceMethod<&Matcher::matchingBlocks>("matchingBlocks"),
                           InstanceMethod<&Matcher::countMatched>("countMatched"),
                           InstanceMethod<&Matcher::countCommon>("countCommon"),
                       });
  }

  explicit Matcher(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Matcher>(info) {}

 private:
  Napi::Value length1(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(a_.size()));
  }
  Napi::Value length2(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), matcher_.second().length());
  }

  // (a: string | Uint32Array)
  void setSeq1(const Napi::CallbackInfo& info) {
    a_ = elementsOf(info[0]);
    matcher_.setFirst(a_);
  }

  // (b: string | Uint32Array, junk: Uint32Array, autojunk: boolean)
  void setSeq2(const Napi::CallbackInfo& info) {
    const std::vector<uint32_t> b = elementsOf(info[0]);
    const std::vector<uint32_t> junk_list = elementsOf(info[1]);
    const std::unordered_set<uint32_t> junk(junk_list.begin(), junk_list.end());
    const bool autojunk = info[2].As<Napi::Boolean>();
    matcher_.setSecond(b, autojunk, [&](uint32_t element) { return junk.contains(element); });
  }

  Napi::Value popular(const Napi::CallbackInfo& info) {
    const SequenceIndex& index = matcher_.second();
    std::vector<uint32_t> elements;
    for (uint32_t symbol = 0; symbol < index.table().size(); ++symbol) {
      if (index.role(symbol) == Role::kPopular) elements.push_back(index.table().element(symbol));
    }
    return toUint32Array(info.Env(), elements);
  }

  // (aLow, aHigh, bLow, bHigh: number) => Uint32Array of a, b, size. The caller has checked the range.
  Napi::Value longestMatch(const Napi::CallbackInfo& info) {
    const Range range{info[0].As<Napi::Number>(), info[1].As<Napi::Number>(), info[2].As<Napi::Number>(),
                      info[3].As<Napi::Number>()};
    const Match match = matcher_.longestMatch(range);
    return toUint32Array(info.Env(), {match.a, match.b, match.size});
  }

  // (algorithm?: string) => Uint32Array of a, b, size for each block
  Napi::Value matchingBlocks(const Napi::CallbackInfo& info) {
    std::vector<Match> blocks;
    BlockSink sink(&blocks);
    matcher_.match(sink, algorithmNamed(info[0]));
    sortAndJoin(blocks);
    std::vector<uint32_t> flat;
    flat.reserve(3 * blocks.size());
    for (const Match& block : blocks) flat.insert(flat.end(), {block.a, block.b, block.size});
    return toUint32Array(info.Env(), flat);
  }

  // () => number of elements in matching blocks
  Napi::Value countMatched(const Napi::CallbackInfo& info) {
    BlockSink sink;
    matcher_.match(sink);
    return Napi::Number::New(info.Env(), static_cast<double>(sink.matched()));
  }

  // () => number of elements in common, wherever they are
  Napi::Value countCommon(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(matcher_.second().countCommon(a_)));
  }

  std::vector<uint32_t> a_;
  BlockMatcher matcher_;
};

// (name: 'portable' | 'avx2' | 'avx512') => whether this processor has it and it is now in use
Napi::Value useInstructionSetNamed(const Napi::CallbackInfo& info) {
  const std::string name = info[0].As<Napi::String>();
  const InstructionSet set = name == "avx512" ? InstructionSet::kAvx512
                             : name == "avx2" ? InstructionSet::kAvx2
                                              : InstructionSet::kPortable;
  if (set > widestInstructionSet()) return Napi::Boolean::New(info.Env(), false);
  useInstructionSet(set);
  return Napi::Boolean::New(info.Env(), true);
}

}  // namespace

void registerMatcher(Napi::Env env, Napi::Object exports) {
  exports["Matcher"] = Matcher::define(env);
  exports["useInstructionSet"] = Napi::Function::New(env, useInstructionSetNamed, "useInstructionSet");
}

}  // namespace foothold::text
