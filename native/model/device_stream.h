#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>

#include <optional>

namespace foothold::model {

/// A stream of one's own on a device, since CUDA records graphs from no default stream. One for all work on the same
/// weights: LibTorch keeps freed memory for the stream that it was used by. The CPU has none.
class DeviceStream {
 public:
  explicit DeviceStream(const c10::Device& device);

  /// While it lives, what this thread does goes to that device and stream. Begins when the device has done everything
  /// that it was given before, and ends likewise, so that others need not know of the stream.
  class Use {
   public:
    explicit Use(const DeviceStream& stream);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    std::optional<c10::Stream> stream_;
    std::optional<c10::StreamGuard> guard_;
  };

 private:
  std::optional<c10::Stream> stream_;
};

}  // namespace foothold::model
