// openLibraries(paths): puts shared libraries into the process before an addon that needs them is loaded.
//
// The loader then finds them by their names, so an addon needs no run path and LD_LIBRARY_PATH plays no part.
#include "bindings/text/open_library.h"

#include <string>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace foothold::text {
namespace {

// Opens one library with its symbols visible to those after it; returns the reason when it fails, else "".
std::string openLibrary(const std::string& path) {
#ifdef _WIN32
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
  std::wstring wide(length, L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, wide.data(), length);
  // Its own folder is searched for what it needs.
  if (LoadLibraryExW(wide.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH)) return "";
  return "error " + std::to_string(GetLastError());
#else
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return "";
  const char* reason = dlerror();
  return reason ? reason : "unknown reason";
#endif
}

// openLibraries(paths: string[]): void. Opens in the order given; throws at the first that fails.
// They stay open for the life of the process: LibTorch cannot be unloaded.
void openLibraries(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsArray()) {
    throw Napi::TypeError::New(info.Env(), "openLibraries takes an array of absolute paths");
  }
  const auto paths = info[0].As<Napi::Array>();
  for (uint32_t i = 0; i < paths.Length(); ++i) {
    const Napi::Value path = paths[i];
    if (!path.IsString()) throw Napi::TypeError::New(info.Env(), "openLibraries takes an array of absolute paths");
    const std::string reason = openLibrary(path.As<Napi::String>());
    if (!reason.empty()) throw Napi::Error::New(info.Env(), reason);
  }
}

}  // namespace

void registerOpenLibrary(Napi::Env env, Napi::Object exports) {
  exports.Set("openLibraries", Napi::Function::New(env, openLibraries, "openLibraries"));
}

}  // namespace foothold::text
