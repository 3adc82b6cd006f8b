#include "bindings/text/string_rows.h"

#include <algorithm>
#include <string>

namespace foothold::text {

// Asking for a string's length first would double the calls, so that is done only when the string may not have fitted:
// Node-API then fills the room but for one unit, which it keeps for a closing zero.
void StringRows::fill(uint32_t i) {
  constexpr size_t kRoom = 1024;
  const Napi::Env env = strings_.Env();
  napi_value value;
  NAPI_THROW_IF_FAILED_VOID(env, napi_get_element(env, strings_, i, &value));
  if (static_cast<size_t>(end_ - next_) < kRoom) addBlock(kRoom);
  size_t length = 0;
  if (napi_get_value_string_utf16(env, value, next_, static_cast<size_t>(end_ - next_), &length) != napi_ok) {
    throw Napi::TypeError::New(env, std::string(name_) + "[" + std::to_string(i) + "] is not a string");
  }
  if (length + 1 == static_cast<size_t>(end_ - next_)) {
    napi_get_value_string_utf16(env, value, nullptr, 0, &length);
    addBlock(length + 1);
    napi_get_value_string_utf16(env, value, next_, static_cast<size_t>(end_ - next_), &length);
  }
  rows_[i] = {next_, length};
  next_ += length;
}

void StringRows::addBlock(size_t units) {
  constexpr size_t kBlock = size_t{1} << 17;
  const size_t size = std::max(units, kBlock);
  blocks_.push_back(std::make_unique_for_overwrite<char16_t[]>(size));
  next_ = blocks_.back().get();
  end_ = next_ + size;
}

}  // namespace foothold::text
