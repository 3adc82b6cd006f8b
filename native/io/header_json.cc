#include "native/io/header_json.h"

#include <charconv>

#include "native/io/errors.h"
#include "native/io/utf8.h"

namespace foothold::io {

void HeaderJson::fail(const std::string& expected) const {
  const std::string found = at_ < text_.size() ? quoted(text_.substr(at_, 12)) : "the end of the header";
  throw FormatError(path_, "its JSON header is malformed at byte " + std::to_string(origin_ + at_) + ": expected " +
                               expected + ", found " + found);
}

void HeaderJson::skipSpace() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
}

bool HeaderJson::accept(char token) {
  skipSpace();
  if (at_ >= text_.size() || text_[at_] != token) return false;
  ++at_;
  return true;
}

void HeaderJson::expect(char token) {
  if (!accept(token)) fail(std::string("'") + token + "'");
}

void HeaderJson::end() {
  skipSpace();
  if (at_ < text_.size()) fail("nothing more");
}

uint64_t HeaderJson::unsignedInteger() {
  skipSpace();
  uint64_t value = 0;
  const char* const begin = text_.data() + at_;
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc{}) fail("an unsigned integer below 2^64");
  if (*begin == '0' && stop != begin + 1) fail("an integer without leading zeros");
  at_ += static_cast<size_t>(stop - begin);
  if (at_ < text_.size() && std::string_view(".eE").find(text_[at_]) != std::string_view::npos) fail("an integer");
  return value;
}

std::string HeaderJson::string() {
  skipSpace();
  if (!accept('"')) fail("a string");
  std::string value;
  for (;;) {
    size_t stop = at_;
    while (stop < text_.size() && text_[stop] != '"' && text_[stop] != '\\' &&
           static_cast<unsigned char>(text_[stop]) >= 0x20) {
      ++stop;
    }
    value.append(text_.substr(at_, stop - at_));
    at_ = stop;
    if (at_ >= text_.size()) fail("a closing quote");
    if (text_[at_] == '"') {
      ++at_;
      return value;
    }
    if (text_[at_] != '\\') fail("an escaped control character");
    appendUtf8(value, escapedCodePoint());
  }
}

/// The reader stands on a backslash; afterwards behind the escape, or behind both halves of a surrogate pair.
char32_t HeaderJson::escapedCodePoint() {
  const size_t start = at_++;
  const char kind = at_ < text_.size() ? text_[at_++] : '\0';
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (const size_t i = kLetters.find(kind); i != std::string_view::npos) return static_cast<char32_t>(kMeanings[i]);
  if (kind != 'u') {
    at_ = start;
    fail("an escape sequence");
  }
  const uint32_t unit = hexQuad();
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit <= 0xDBFF && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    const uint32_t low = hexQuad();
    if (low >= 0xDC00 && low <= 0xDFFF) return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  at_ = start;
  fail("a pair of surrogates");
}

uint32_t HeaderJson::hexQuad() {
  const std::string_view digits = text_.substr(at_, 4);
  uint32_t unit = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (digits.size() != 4 || error != std::errc{} || stop != digits.data() + 4) fail("four hexadecimal digits");
  at_ += 4;
  return unit;
}

}  // namespace foothold::io
