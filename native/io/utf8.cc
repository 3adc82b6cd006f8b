#include "native/io/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace foothold::io {

namespace {

/// Length of the well-formed sequence at `i`, which begins with a byte of 0x80 or above; 0 when there is none.
/// The ranges are those of table 3-7 of the Unicode standard.
size_t sequenceLength(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return k < text.size() ? static_cast<uint8_t>(text[k]) : uint8_t{0}; };
  const auto continues = [&](size_t k) { return (byte(k) & 0xC0) == 0x80; };
  const uint8_t lead = byte(i);
  const uint8_t second = byte(i + 1);
  if (lead >= 0xC2 && lead <= 0xDF) return continues(i + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return second >= low && second <= high && continues(i + 2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high && continues(i + 2) && continues(i + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool isUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    uint64_t word;  // eight ASCII bytes at a time, which is most of what headers hold
    if (i + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        i += sizeof word;
        continue;
      }
    }
    if (static_cast<uint8_t>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const size_t length = sequenceLength(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

void appendUtf8(std::string& text, char32_t codePoint) {
  const auto push = [&](char32_t bits) { text.push_back(static_cast<char>(bits)); };
  const auto pushContinuation = [&](int shift) { push(0x80 | ((codePoint >> shift) & 0x3F)); };
  if (codePoint < 0x80) {
    push(codePoint);
  } else if (codePoint < 0x800) {
    push(0xC0 | (codePoint >> 6));
    pushContinuation(0);
  } else if (codePoint < 0x10000) {
    push(0xE0 | (codePoint >> 12));
    pushContinuation(6);
    pushContinuation(0);
  } else {
    push(0xF0 | (codePoint >> 18));
    pushContinuation(12);
    pushContinuation(6);
    pushContinuation(0);
  }
}

}  // namespace foothold::io
