// libFuzzer harness for the GGUF reader and the dequantisers: any bytes are read or refused with a FormatError.
#include <cstdlib>

#include "native/fuzz/tensors.h"
#include "native/io/gguf.h"

namespace {

/// Strings are views: each must lie in the input.
void checkInside(std::string_view text, const uint8_t* data, size_t size) {
  const auto* const begin = reinterpret_cast<const uint8_t*>(text.data());
  if (begin < data || begin + text.size() > data + size) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foothold::io;
  try {
    const GgufContents file = parseGguf("fuzz", {reinterpret_cast<const std::byte*>(data), size});
    for (const auto& [key, value] : file.values) {
      if (const auto* text = std::get_if<std::string_view>(&value)) checkInside(*text, data, size);
      if (const auto* array = std::get_if<GgufArray>(&value)) {
        for (const std::string_view text : array->strings) checkInside(text, data, size);
      }
    }
    foothold::fuzz::convertAll(file.contents.tensors, {data, size});
  } catch (const FormatError&) {
  }
  return 0;
}
