// Harness for SequenceMatcher: every algorithm and instruction set finds the blocks that the position lists give.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "native/text/code_points.h"
#include "native/text/matching_blocks.h"
#include "native/text/run_scan.h"

namespace {

using namespace foothold::text;

std::vector<Match> blocksBy(BlockMatcher& matcher, std::optional<Algorithm> algorithm) {
  std::vector<Match> blocks;
  BlockSink sink(&blocks);
  matcher.match(sink, algorithm);
  sortAndJoin(blocks);
  return blocks;
}

void check(bool holds) {
  if (!holds) std::abort();
}

// Units of UTF-16 from bytes: few different ones, so that there is something to match, surrogates among them.
std::vector<uint32_t> elementsFrom(std::span<const uint8_t> bytes, uint32_t alphabet) {
  std::u16string units;
  for (const uint8_t byte : bytes) {
    const uint32_t letter = byte % alphabet;
    units.push_back(static_cast<char16_t>(letter < 4 ? 'a' + letter : 0xD7FF + letter * 251));
  }
  std::vector<uint32_t> elements;
  appendCodePoints(units, elements);
  return elements;
}

}  // namespace

// Byte 0: size of the alphabet; 1: options; 2 and 3: share of the first sequence; then the sequences.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxSize = 1200;  // The position lists take quadratic time.
  if (size < 4) return 0;
  size = std::min(size, kMaxSize);
  const uint32_t alphabet = 1 + data[0] % 64;
  const bool autojunk = data[1] & 1, has_junk = data[1] & 2;
  const std::span<const uint8_t> content(data + 4, size - 4);
  const size_t cut = content.size() * (data[2] << 8 | data[3]) / 65536;
  const std::vector<uint32_t> a = elementsFrom(content.first(cut), alphabet);
  const std::vector<uint32_t> b = elementsFrom(content.subspan(cut), alphabet);

  static BlockMatcher matcher;  // Kept, so that what one input leaves behind meets the next.
  matcher.setSecond(b, autojunk, [has_junk](uint32_t element) { return has_junk && element % 3 == 0; });
  matcher.setFirst(a);
  const std::vector<Match> expected = blocksBy(matcher, Algorithm::kPositions);
  for (const auto set : {InstructionSet::kPortable, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    useInstructionSet(set);
    check(blocksBy(matcher, Algorithm::kBits) == expected);
  }
  check(blocksBy(matcher, Algorithm::kGrams) == expected);
  check(blocksBy(matcher, Algorithm::kLevels) == expected);
  check(blocksBy(matcher, std::nullopt) == expected);

  Match before{0, 0, 0};
  for (const Match& block : expected) {
    check(block.a >= before.a + before.size && block.b >= before.b + before.size);
    for (uint32_t k = 0; k < block.size; ++k) check(a[block.a + k] == b[block.b + k]);
    before = block;
  }
  const Match longest = matcher.longestMatch({0, static_cast<uint32_t>(a.size()), 0, static_cast<uint32_t>(b.size())});
  check((longest.size == 0) == expected.empty());
  return 0;
}
