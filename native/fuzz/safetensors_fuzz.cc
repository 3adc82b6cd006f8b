// libFuzzer harness for the safetensors reader: any bytes are read or refused with a FormatError.
#include "native/fuzz/tensors.h"
#include "native/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foothold::io;
  try {
    const FileContents contents = parseSafetensors("fuzz", {reinterpret_cast<const std::byte*>(data), size});
    foothold::fuzz::convertAll(contents.tensors, {data, size});
  } catch (const FormatError&) {
  }
  return 0;
}
