// The safetensors format: an 8-byte little-endian header length, a JSON header, then the tensors back to back.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/io/tensor_file.h"
#include "native/io/tensor_view.h"

namespace foothold::io {

/// Check a whole file's bytes and list its tensors, as views into `bytes`. `path` is for messages only.
/// @throws FormatError
FileContents parseSafetensors(std::string_view path, std::span<const std::byte> bytes);

/// Write a .safetensors file, its tensors sorted by element size, largest first, so that all are aligned. A reader sees
/// the old file or the complete new one: it is written beside under a temporary name, synced, and renamed.
/// @throws IoError that names the file (disk full, no permission), std::invalid_argument for tensors that the format
/// cannot hold: a quantised type, a duplicate or reserved name, a size that does not match the shape.
void writeSafetensors(const std::string& path, const std::vector<TensorView>& tensors,
                      const std::map<std::string, std::string>& metadata);

}  // namespace foothold::io
