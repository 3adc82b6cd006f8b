// Errors of this room. The messages are for the person at the keyboard: which file, what is wrong, what was expected.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace foothold::io {

/// The bytes of a file are not what its format asks for.
class FormatError : public std::runtime_error {
 public:
  FormatError(std::string_view path, std::string_view problem)
      : std::runtime_error(std::string(path) + ": " + std::string(problem)) {}
};

/// The operating system refused: no such file, no permission, disk full.
class IoError : public std::runtime_error {
 public:
  IoError(std::string_view path, std::string_view problem)
      : std::runtime_error(std::string(path) + ": " + std::string(problem)) {}
};

/// A name out of a file, fit for a message: in quotes, control characters escaped, cut when it is long.
std::string quoted(std::string_view name);

}  // namespace foothold::io
