// Reading model files from JS: headers for the loader's decisions, single tensors for tests and inspection.
#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/torch/io_call.h"
#include "bindings/torch/io_write.h"
#include "bindings/torch/register.h"
#include "native/io/convert.h"
#include "native/io/file_lock.h"
#include "native/io/gguf.h"
#include "native/io/gguf_types.h"
#include "native/io/little_endian.h"
#include "native/io/tensor_file.h"

namespace {

using namespace foothold::io;

/// A number where a double holds it exactly, a BigInt beyond.
template <typename Integer>
Napi::Value toJsInteger(Napi::Env env, Integer value) {
  constexpr auto kMaxSafe = static_cast<Integer>((int64_t{1} << 53) - 1);
  bool isSafe = value <= kMaxSafe;
  if constexpr (std::is_signed_v<Integer>) isSafe = isSafe && value >= -kMaxSafe;
  if (isSafe) return Napi::Number::New(env, static_cast<double>(value));
  return Napi::BigInt::New(env, value);
}

Napi::String toJs(Napi::Env env, std::string_view text) { return Napi::String::New(env, text.data(), text.size()); }
Napi::Value toJs(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }
Napi::Value toJs(Napi::Env env, uint64_t value) { return toJsInteger(env, value); }
Napi::Value toJs(Napi::Env env, int64_t value) { return toJsInteger(env, value); }
template <typename Number>
Napi::Value toJs(Napi::Env env, Number value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

template <typename T>
void fillArray(Napi::Env env, const GgufArray& array, Napi::Array& out) {
  for (size_t i = 0; i < array.size; ++i) {
    const Napi::HandleScope scope(env);  // a vocabulary has 150,000 entries: do not keep a handle to each
    out.Set(static_cast<uint32_t>(i), toJs(env, readLittleEndian<T>(array.scalars.data() + i * sizeof(T))));
  }
}

void fillScalars(Napi::Env env, const GgufArray& array, Napi::Array& out) {
  switch (array.elementType) {
    case GgufType::U8:
      return fillArray<uint8_t>(env, array, out);
    case GgufType::I8:
      return fillArray<int8_t>(env, array, out);
    case GgufType::U16:
      return fillArray<uint16_t>(env, array, out);
    case GgufType::I16:
      return fillArray<int16_t>(env, array, out);
    case GgufType::U32:
      return fillArray<uint32_t>(env, array, out);
    case GgufType::I32:
      return fillArray<int32_t>(env, array, out);
    case GgufType::F32:
      return fillArray<float>(env, array, out);
    case GgufType::Bool:
      return fillArray<bool>(env, array, out);
    case GgufType::U64:
      return fillArray<uint64_t>(env, array, out);
    case GgufType::I64:
      return fillArray<int64_t>(env, array, out);
    case GgufType::F64:
      return fillArray<double>(env, array, out);
    case GgufType::String:
    case GgufType::Array:
      return;  // strings are handled by the caller, the reader admits no nested arrays
  }
}

Napi::Value toJs(Napi::Env env, const GgufArray& array) {
  Napi::Array out = Napi::Array::New(env, array.size);
  if (array.elementType == GgufType::String) {
    for (size_t i = 0; i < array.size; ++i) {
      const Napi::HandleScope scope(env);
      out.Set(static_cast<uint32_t>(i), toJs(env, array.strings[i]));
    }
  } else {
    fillScalars(env, array, out);
  }
  return out;
}

/// An own property, whatever the key: a plain assignment to "__proto__" would do something else.
void define(Napi::Object object, std::string_view key, Napi::Value value) {
  object.DefineProperty(Napi::PropertyDescriptor::Value(
      toJs(object.Env(), key), value,
      static_cast<napi_property_attributes>(napi_enumerable | napi_writable | napi_configurable)));
}

Napi::Array toJs(Napi::Env env, const std::vector<int64_t>& shape) {
  Napi::Array out = Napi::Array::New(env, shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    out.Set(static_cast<uint32_t>(i), static_cast<double>(shape[i]));  // exact: see kMaxElements
  }
  return out;
}

/// `[{ name, <typeKey>, shape }]`
Napi::Array describeTensors(Napi::Env env, const TensorFile& file, const char* typeKey) {
  Napi::Array out = Napi::Array::New(env, file.tensors().size());
  uint32_t i = 0;
  for (const TensorInfo& tensor : file.tensors()) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", toJs(env, std::string_view(tensor.name)));
    entry.Set(typeKey, name(tensor.dtype));
    entry.Set("shape", toJs(env, tensor.shape));
    out.Set(i++, entry);
  }
  return out;
}

std::string stringArgument(const Napi::CallbackInfo& info, size_t index, const char* what) {
  if (index >= info.Length() || !info[index].IsString()) {
    throw Napi::TypeError::New(info.Env(), std::string(what) + " must be a string");
  }
  return info[index].As<Napi::String>().Utf8Value();
}

/// readGgufHeader(path): { version, metadata, tensors: [{ name, type, shape }] }
Napi::Value readGgufHeader(const Napi::CallbackInfo& info) {
  return withErrorCodes(info, [&](Napi::Env env) {
    const std::shared_ptr<GgufFile> file = openGguf(stringArgument(info, 0, "path"));
    Napi::Object metadata = Napi::Object::New(env);
    for (const auto& [key, value] : file->values()) {
      define(metadata, key, std::visit([&](const auto& v) -> Napi::Value { return toJs(env, v); }, value));
    }
    Napi::Object header = Napi::Object::New(env);
    header.Set("version", file->version());
    header.Set("metadata", metadata);
    header.Set("tensors", describeTensors(env, *file, "type"));
    return header;
  });
}

/// readSafetensorsHeader(path): { metadata, tensors: [{ name, dtype, shape }] }
Napi::Value readSafetensorsHeader(const Napi::CallbackInfo& info) {
  return withErrorCodes(info, [&](Napi::Env env) {
    const std::shared_ptr<TensorFile> file = openSafetensors(stringArgument(info, 0, "path"));
    Napi::Object metadata = Napi::Object::New(env);
    for (const auto& [key, value] : file->metadata()) define(metadata, key, toJs(env, std::string_view(value)));
    Napi::Object header = Napi::Object::New(env);
    header.Set("metadata", metadata);
    header.Set("tensors", describeTensors(env, *file, "dtype"));
    return header;
  });
}

std::shared_ptr<TensorFile> openEither(const std::string& path) {
  if (path.ends_with(".gguf")) return openGguf(path);
  return openSafetensors(path);
}

/// readTensor(path, name): { shape, values: Float32Array }; a path that ends in .gguf is GGUF, any other safetensors.
Napi::Value readTensor(const Napi::CallbackInfo& info) {
  return withErrorCodes(info, [&](Napi::Env env) {
    const std::string path = stringArgument(info, 0, "path");
    const std::string tensorName = stringArgument(info, 1, "name");
    const std::shared_ptr<TensorFile> file = openEither(path);
    const TensorInfo* const tensor = file->find(tensorName);
    if (!tensor) throw FormatError(path, "has no tensor " + quoted(tensorName));
    Napi::Float32Array values = Napi::Float32Array::New(env, static_cast<size_t>(tensor->numElements()));
    toFloat32(*tensor, values.Data());
    Napi::Object result = Napi::Object::New(env);
    result.Set("shape", toJs(env, tensor->shape));
    result.Set("values", values);
    return result;
  });
}

/// lockFile(path): 'held', 'unsupported', or { release() }; also released when the object is collected.
Napi::Value lockFile(const Napi::CallbackInfo& info) {
  return withErrorCodes(info, [&](Napi::Env env) -> Napi::Value {
    std::unique_ptr<FileLock> taken;
    switch (FileLock::tryLock(stringArgument(info, 0, "path"), taken)) {
      case FileLock::Outcome::Held:
        return Napi::String::New(env, "held");
      case FileLock::Outcome::Unsupported:
        return Napi::String::New(env, "unsupported");
      case FileLock::Outcome::Taken:
        break;
    }
    const auto lock = std::make_shared<std::unique_ptr<FileLock>>(std::move(taken));
    Napi::Object result = Napi::Object::New(env);
    result.Set("release", Napi::Function::New(env, [lock](const Napi::CallbackInfo&) { lock->reset(); }));
    return result;
  });
}

}  // namespace

void registerIo(Napi::Env env, Napi::Object exports) {
  exports.Set("readGgufHeader", Napi::Function::New(env, readGgufHeader, "readGgufHeader"));
  exports.Set("readSafetensorsHeader", Napi::Function::New(env, readSafetensorsHeader, "readSafetensorsHeader"));
  exports.Set("readTensor", Napi::Function::New(env, readTensor, "readTensor"));
  exports.Set("lockFile", Napi::Function::New(env, lockFile, "lockFile"));
  exports.Set("writeSafetensors", Napi::Function::New(env, writeSafetensorsFromJs, "writeSafetensors"));
  exports.Set("createGguf", Napi::Function::New(env, createGgufFromJs, "createGguf"));
}
