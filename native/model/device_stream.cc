#include "native/model/device_stream.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace foothold::model {
namespace {

using c10::impl::VirtualGuardImpl;

void waitForDevice(const c10::Device& device) { VirtualGuardImpl(device.type()).synchronizeDevice(device.index()); }

}  // namespace

DeviceStream::DeviceStream(const c10::Device& device) {
  if (!device.is_cpu()) stream_ = VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

DeviceStream::Use::Use(const DeviceStream& stream) : stream_(stream.stream_) {
  if (!stream_) return;
  waitForDevice(stream_->device());
  guard_.emplace(*stream_);
}

DeviceStream::Use::~Use() {
  if (!stream_) return;
  try {
    waitForDevice(stream_->device());
  } catch (const c10::Error&) {
    // A device that has failed: whatever uses it next says so.
  }
}

}  // namespace foothold::model
