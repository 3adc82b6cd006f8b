#include "native/io/errors.h"

#include <cstdint>
#include <cstdio>

namespace foothold::io {

std::string quoted(std::string_view name) {
  constexpr size_t kMaxBytes = 80;
  std::string text = "\"";
  for (const char c : name.substr(0, kMaxBytes)) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte == 0x7F || byte >= 0x80) {
      // Also beyond ASCII, since the name may be the very string that is not UTF-8.
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\x%02X", byte);
      text += escape;
    } else {
      text += c;
    }
  }
  text += name.size() > kMaxBytes ? "…\"" : "\"";
  return text;
}

}  // namespace foothold::io
