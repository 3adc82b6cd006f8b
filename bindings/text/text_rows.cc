#include "bindings/text/text_rows.h"

#include <algorithm>
#include <string>

namespace foothold::text {

TextBatch::TextBatch(Napi::Array strings, const char* name) {
  const Napi::Env env = strings.Env();
  const uint32_t count = strings.Length();
  offsets_.resize(count + 1);
  for (uint32_t i = 0; i < count; ++i) {
    napi_value value;
    NAPI_THROW_IF_FAILED_VOID(env, napi_get_element(env, strings, i, &value));
    if (!append(env, value)) {
      throw Napi::TypeError::New(env, std::string(name) + "[" + std::to_string(i) + "] is not a string");
    }
    offsets_[i + 1] = size_;
  }
}

// Copies a string behind the others. Asking for its length first would double the calls, so it is done only when the
// string may not have fitted: Node-API then fills the room but for one unit, which it keeps for a closing zero.
bool TextBatch::append(napi_env env, napi_value value) {
  constexpr size_t kRoom = 1024;
  if (capacity_ - size_ < kRoom) grow(kRoom);
  size_t length = 0;
  if (napi_get_value_string_utf16(env, value, units_.get() + size_, capacity_ - size_, &length) != napi_ok)
    return false;
  if (length + 1 == capacity_ - size_) {
    napi_get_value_string_utf16(env, value, nullptr, 0, &length);
    grow(length + 1);
    napi_get_value_string_utf16(env, value, units_.get() + size_, capacity_ - size_, &length);
  }
  size_ += length;
  return true;
}

void TextBatch::grow(size_t room) {
  capacity_ = std::max(2 * capacity_, size_ + room);
  auto larger = std::make_unique_for_overwrite<char16_t[]>(capacity_);
  std::copy_n(units_.get(), size_, larger.get());
  units_ = std::move(larger);
}

}  // namespace foothold::text
