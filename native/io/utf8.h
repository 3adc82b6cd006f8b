#pragma once

#include <string>
#include <string_view>

namespace foothold::io {

/// Well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool isUtf8(std::string_view text);

/// Append a code point (a scalar value) as UTF-8.
void appendUtf8(std::string& text, char32_t codePoint);

}  // namespace foothold::io
