// Elements of a text: what Python calls its characters.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace foothold::text {

/// Appends the code points of UTF-16 text to `out`. A surrogate without its partner is an element of its own, as it is
/// in a Python string.
void appendCodePoints(std::u16string_view utf16, std::vector<uint32_t>& out);

}  // namespace foothold::text
