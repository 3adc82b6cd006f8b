// Writing model files from JS: float32 values encoded to the type asked for; for GGUF one tensor after the other.
#include "bindings/torch/io_write.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/torch/io_call.h"
#include "native/io/convert.h"
#include "native/io/gguf.h"
#include "native/io/safetensors.h"

namespace {

using namespace foothold::io;

[[noreturn]] void refuse(Napi::Env env, const std::string& message) { throw Napi::TypeError::New(env, message); }

std::string requireString(Napi::Value value, const std::string& what) {
  if (!value.IsString()) refuse(value.Env(), what + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Object requireObject(Napi::Value value, const std::string& what) {
  if (!value.IsObject()) refuse(value.Env(), what + " must be an object");
  return value.As<Napi::Object>();
}

Napi::Array requireArray(Napi::Value value, const std::string& what) {
  if (!value.IsArray()) refuse(value.Env(), what + " must be an array");
  return value.As<Napi::Array>();
}

DType requireWritableType(Napi::Value value, const std::string& what) {
  const std::string text = requireString(value, what);
  for (const DType dtype : {DType::F32, DType::F16, DType::BF16, DType::Q8_0}) {
    if (text == name(dtype)) return dtype;
  }
  refuse(value.Env(), what + " must be F32, F16, BF16 or Q8_0, not " + quoted(text));
}

/// A whole number that fits in `Integer`, from a number or a bigint.
template <typename Integer>
Integer requireInteger(Napi::Value value, const std::string& what) {
  if (value.IsBigInt()) {
    bool lossless = false;
    if constexpr (std::is_signed_v<Integer>) {
      const int64_t wide = value.As<Napi::BigInt>().Int64Value(&lossless);
      if (lossless && std::in_range<Integer>(wide)) return static_cast<Integer>(wide);
    } else {
      const uint64_t wide = value.As<Napi::BigInt>().Uint64Value(&lossless);
      if (lossless && std::in_range<Integer>(wide)) return static_cast<Integer>(wide);
    }
  } else if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    const auto wide = std::abs(number) <= 0x1p53 ? static_cast<int64_t>(number) : 0;
    if (static_cast<double>(wide) == number && std::in_range<Integer>(wide)) return static_cast<Integer>(wide);
  }
  refuse(value.Env(), what + " must be a whole number of " + std::to_string(std::numeric_limits<Integer>::min()) +
                          " to " + std::to_string(std::numeric_limits<Integer>::max()));
}

std::vector<int64_t> requireShape(Napi::Value value, const std::string& what) {
  const Napi::Array array = requireArray(value, what);
  std::vector<int64_t> shape;
  for (uint32_t i = 0; i < array.Length(); ++i) shape.push_back(requireInteger<int64_t>(array.Get(i), what));
  return shape;
}

std::string tensorTitle(const std::string& tensorName) { return "tensor " + quoted(tensorName); }

/// Name, type and shape of a tensor to be written; its values are not looked at.
GgufTensor describeTensor(Napi::Value value) {
  const Napi::Object entry = requireObject(value, "a tensor");
  std::string tensorName = requireString(entry.Get("name"), "a tensor's name");
  const std::string what = tensorTitle(tensorName);
  const DType dtype = requireWritableType(entry.Get("dtype"), what + ": dtype");
  std::vector<int64_t> shape = requireShape(entry.Get("shape"), what + ": shape");
  return {std::move(tensorName), dtype, std::move(shape)};
}

/// The values of a tensor, which must be as many as its shape says.
Napi::Float32Array requireValues(Napi::Value value, const GgufTensor& tensor) {
  const std::string what = tensorTitle(tensor.name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    refuse(value.Env(), what + ": values must be a Float32Array");
  }
  const auto values = value.As<Napi::Float32Array>();
  if (countElements(tensor.shape) != static_cast<int64_t>(values.ElementLength()) ||
      !countBytes(tensor.dtype, tensor.shape)) {
    refuse(value.Env(), what + ": shape does not match its " + std::to_string(values.ElementLength()) + " values");
  }
  return values;
}

std::vector<std::byte> encodeValues(Napi::Value value, const GgufTensor& tensor) {
  const Napi::Float32Array values = requireValues(value, tensor);
  return encode(tensor.dtype, values.Data(), values.ElementLength());
}

/// Tensors with the encoded bytes that they view.
struct EncodedTensors {
  std::vector<std::vector<std::byte>> storage;
  std::vector<TensorView> views;
};

EncodedTensors encodeTensors(Napi::Value value) {
  const Napi::Array array = requireArray(value, "tensors");
  EncodedTensors tensors;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const GgufTensor tensor = describeTensor(array.Get(i));
    const Napi::Value values = array.Get(i).As<Napi::Object>().Get("values");
    const std::vector<std::byte>& bytes = tensors.storage.emplace_back(encodeValues(values, tensor));
    tensors.views.push_back({tensor.name, tensor.dtype, tensor.shape, bytes.data(), bytes.size()});
  }
  return tensors;
}

std::vector<GgufTensor> describeTensors(const Napi::Array& array) {
  std::vector<GgufTensor> tensors;
  for (uint32_t i = 0; i < array.Length(); ++i) tensors.push_back(describeTensor(array.Get(i)));
  return tensors;
}

/// Names of the types of metadata values in the JS interface, in the order of `GgufType`.
constexpr std::array<std::string_view, kNumGgufTypes> kTypeNames{"U8",   "I8",     "U16",   "I16", "U32", "I32", "F32",
                                                                 "Bool", "String", "Array", "U64", "I64", "F64"};

GgufType requireGgufType(Napi::Value value, const std::string& what) {
  const std::string text = requireString(value, what);
  for (uint32_t i = 0; i < kNumGgufTypes; ++i) {
    if (text == kTypeNames[i]) return static_cast<GgufType>(i);
  }
  refuse(value.Env(), what + " is unknown: " + quoted(text));
}

/// Metadata in GGUF's types, with the text and the packed arrays that it views.
class MetadataBuilder {
 public:
  std::vector<std::pair<std::string, GgufValue>> values;

  void add(const std::string& key, Napi::Value value) {
    const std::string what = "metadata " + quoted(key);
    const Napi::Object entry = requireObject(value, what);
    const GgufType type = requireGgufType(entry.Get("type"), what + ": type");
    const Napi::Value content = entry.Get("value");
    if (type == GgufType::Array) {
      values.emplace_back(key, array(entry, content, what));
    } else if (type == GgufType::String) {
      values.emplace_back(key, text(content, what));
    } else {
      values.emplace_back(key, scalar(type, content, what));
    }
  }

 private:
  std::string_view text(Napi::Value value, const std::string& what) {
    return texts_.emplace_back(requireString(value, what));
  }

  GgufValue scalar(GgufType type, Napi::Value value, const std::string& what) {
    switch (type) {
      case GgufType::U8:
        return requireInteger<uint8_t>(value, what);
      case GgufType::I8:
        return requireInteger<int8_t>(value, what);
      case GgufType::U16:
        return requireInteger<uint16_t>(value, what);
      case GgufType::I16:
        return requireInteger<int16_t>(value, what);
      case GgufType::U32:
        return requireInteger<uint32_t>(value, what);
      case GgufType::I32:
        return requireInteger<int32_t>(value, what);
      case GgufType::U64:
        return requireInteger<uint64_t>(value, what);
      case GgufType::I64:
        return requireInteger<int64_t>(value, what);
      case GgufType::Bool:
        if (!value.IsBoolean()) refuse(value.Env(), what + " must be a boolean");
        return value.As<Napi::Boolean>().Value();
      default:
        break;
    }
    if (!value.IsNumber()) refuse(value.Env(), what + " must be a number");
    const double number = value.As<Napi::Number>().DoubleValue();
    return type == GgufType::F32 ? GgufValue(static_cast<float>(number)) : GgufValue(number);
  }

  GgufArray array(Napi::Object entry, Napi::Value content, const std::string& what) {
    const GgufType type = requireGgufType(entry.Get("elementType"), what + ": elementType");
    if (type == GgufType::Array) refuse(content.Env(), what + ": arrays of arrays are not supported");
    const Napi::Array elements = requireArray(content, what);
    GgufArray result{type, elements.Length(), {}, {}};
    std::vector<std::byte>& packed = packed_.emplace_back();
    for (uint32_t i = 0; i < elements.Length(); ++i) {
      const Napi::HandleScope scope(content.Env());
      if (type == GgufType::String) {
        result.strings.push_back(text(elements.Get(i), what));
      } else {
        std::visit([&](const auto& number) { append(packed, number); }, scalar(type, elements.Get(i), what));
      }
    }
    result.scalars = packed;
    return result;
  }

  template <typename T>
  static void append(std::vector<std::byte>& packed, const T& number) {
    if constexpr (std::is_arithmetic_v<T>) {
      const auto* const bytes = reinterpret_cast<const std::byte*>(&number);
      packed.insert(packed.end(), bytes, bytes + sizeof number);
    }
  }

  std::deque<std::string> texts_;  // a deque does not move what it holds
  std::deque<std::vector<std::byte>> packed_;
};

/// Encodes and writes the values of the writer's next tensor. Those that nobody else needs are freed at once and not
/// when they are collected.
void writeNext(GgufWriter& writer, Napi::Value values, bool disposable) {
  const GgufTensor* const tensor = writer.next();
  if (!tensor) refuse(values.Env(), "there are no more tensors to write");
  const std::vector<std::byte> bytes = encodeValues(values, *tensor);
  if (disposable) values.As<Napi::Float32Array>().ArrayBuffer().Detach();
  writer.write(bytes);
}

Napi::Object writerObject(Napi::Env env, std::unique_ptr<GgufWriter> created) {
  const auto writer = std::make_shared<std::unique_ptr<GgufWriter>>(std::move(created));
  const auto method = [&](const auto& act) {
    return Napi::Function::New(env, [writer, act](const Napi::CallbackInfo& info) {
      return withErrorCodes(info, [&](Napi::Env called) {
        if (*writer) act(*writer, info);
        return called.Undefined();
      });
    });
  };
  using Writer = std::unique_ptr<GgufWriter>;
  Napi::Object object = Napi::Object::New(env);
  object.Set("write", method([](Writer& file, const Napi::CallbackInfo& info) {
               writeNext(*file, info[0], info[1].ToBoolean());
             }));
  object.Set("commit", method([](Writer& file, const Napi::CallbackInfo&) {
               file->commit();
               file.reset();
             }));
  object.Set("discard", method([](Writer& file, const Napi::CallbackInfo&) { file.reset(); }));
  return object;
}

}  // namespace

Napi::Value writeSafetensorsFromJs(const Napi::CallbackInfo& info) {
  return withErrorCodes(info, [&](Napi::Env env) {
    const std::string path = requireString(info[0], "path");
    const EncodedTensors tensors = encodeTensors(info[1]);
    const Napi::Object metadata = requireObject(info[2], "metadata");
    std::map<std::string, std::string> entries;
    const Napi::Array keys = metadata.GetPropertyNames();
    for (uint32_t i = 0; i < keys.Length(); ++i) {
      const std::string key = keys.Get(i).ToString();
      entries.emplace(key, requireString(metadata.Get(keys.Get(i)), "metadata " + quoted(key)));
    }
    writeSafetensors(path, tensors.views, entries);
    return env.Undefined();
  });
}

Napi::Value createGgufFromJs(const Napi::CallbackInfo& info) {
  return withErrorCodes(info, [&](Napi::Env env) {
    const std::string path = requireString(info[0], "path");
    std::vector<GgufTensor> tensors = describeTensors(requireArray(info[1], "tensors"));
    const Napi::Object metadata = requireObject(info[2], "metadata");
    MetadataBuilder builder;
    const Napi::Array keys = metadata.GetPropertyNames();
    for (uint32_t i = 0; i < keys.Length(); ++i) {
      builder.add(keys.Get(i).ToString(), metadata.Get(keys.Get(i)));
    }
    return writerObject(env, std::make_unique<GgufWriter>(path, builder.values, std::move(tensors)));
  });
}
