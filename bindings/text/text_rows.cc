#include "bindings/text/text_rows.h"

#include <string>

namespace foothold::text {

TextBatch::TextBatch(Napi::Array strings, const char* name) {
  const Napi::Env env = strings.Env();
  const uint32_t count = strings.Length();
  offsets_.reserve(count + 1);
  offsets_.push_back(0);
  units_.resize(4096);
  size_t used = 0;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value value;
    size_t length = 0;
    NAPI_THROW_IF_FAILED_VOID(env, napi_get_element(env, strings, i, &value));
    if (napi_get_value_string_utf16(env, value, nullptr, 0, &length) != napi_ok) {
      throw Napi::TypeError::New(env, std::string(name) + "[" + std::to_string(i) + "] is not a string");
    }
    // One unit more: Node-API writes a closing zero.
    if (used + length + 1 > units_.size()) units_.resize(2 * (used + length + 1));
    napi_get_value_string_utf16(env, value, units_.data() + used, length + 1, nullptr);
    used += length;
    offsets_.push_back(used);
  }
}

}  // namespace foothold::text
