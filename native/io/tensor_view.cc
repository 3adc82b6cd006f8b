#include "native/io/tensor_view.h"

#include <stdexcept>
#include <string_view>
#include <unordered_set>

#include "native/io/errors.h"
#include "native/io/utf8.h"

namespace foothold::io {

void checkTensorViews(const std::vector<TensorView>& tensors) {
  std::unordered_set<std::string_view> names;
  for (const TensorView& tensor : tensors) {
    const std::string what = "tensor " + quoted(tensor.name);
    if (!isUtf8(tensor.name)) throw std::invalid_argument(what + " has a name that is not valid UTF-8");
    if (!names.insert(tensor.name).second) throw std::invalid_argument(what + " is given twice");
    if (countBytes(tensor.dtype, tensor.shape) != tensor.numBytes) {
      throw std::invalid_argument(what + " has " + std::to_string(tensor.numBytes) +
                                  " bytes, which does not match its " + name(tensor.dtype) + " shape");
    }
  }
}

}  // namespace foothold::io
