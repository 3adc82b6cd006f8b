#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foothold::io {

/// Reads JSON token by token, strictly after RFC 8259, as far as a safetensors header uses it: objects, arrays, strings
/// and unsigned integers. A pull reader, because a parser into a map would hide duplicate keys, and one that recurses
/// could be driven out of its stack. The text must be UTF-8.
class HeaderJson {
 public:
  /// `path` is for messages, `origin` is the offset of `text` in the file; both must outlive the reader.
  HeaderJson(std::string_view path, std::string_view text, size_t origin) : path_(path), text_(text), origin_(origin) {}

  /// Skip white space, then `token` if it comes next.
  bool accept(char token);
  /// Skip white space and `token`. @throws FormatError if something else comes.
  void expect(char token);
  std::string string();
  uint64_t unsignedInteger();
  /// Only white space may be left.
  void end();

  /// `{ key: … }`: calls `member(key)` with the reader behind each colon.
  template <typename Member>
  void object(Member member) {
    expect('{');
    if (accept('}')) return;
    do {
      const std::string key = string();
      expect(':');
      member(key);
    } while (accept(','));
    expect('}');
  }

  /// `[ … ]`: calls `element()` with the reader before each element.
  template <typename Element>
  void array(Element element) {
    expect('[');
    if (accept(']')) return;
    do {
      element();
    } while (accept(','));
    expect(']');
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const;
  void skipSpace();
  char32_t escapedCodePoint();
  uint32_t hexQuad();

  std::string_view path_;
  std::string_view text_;
  size_t origin_;
  size_t at_ = 0;
};

}  // namespace foothold::io
