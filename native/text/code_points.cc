#include "native/text/code_points.h"

namespace foothold::text {

void appendCodePoints(std::u16string_view utf16, std::vector<uint32_t>& out) {
  const size_t old_size = out.size();
  out.resize(old_size + utf16.size());
  uint32_t* const begin = out.data() + old_size;
  // Nearly every text is free of surrogates; then a unit is a code point, which the compiler does many at a time.
  bool has_surrogate = false;
  for (size_t i = 0; i < utf16.size(); ++i) {
    begin[i] = utf16[i];
    has_surrogate |= (utf16[i] & 0xF800) == 0xD800;
  }
  if (!has_surrogate) return;

  uint32_t* next = begin;
  for (size_t i = 0; i < utf16.size(); ++i) {
    uint32_t unit = utf16[i];
    const bool is_high = (unit & 0xFC00) == 0xD800;
    if (is_high && i + 1 < utf16.size() && (utf16[i + 1] & 0xFC00) == 0xDC00) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (utf16[++i] - 0xDC00);
    }
    *next++ = unit;
  }
  out.resize(static_cast<size_t>(next - out.data()));
}

}  // namespace foothold::text
