#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/Device.h>

#include <memory>

namespace foothold::rollout {

/// Work recorded from the current stream of a device, to be launched again as a whole.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;
  /// Record what this thread launches until `end`. `pool`: memory that graphs share which do not run at the same time;
  /// {0, 0} for a new one.
  virtual void begin(c10::MempoolId_t pool) = 0;
  virtual void end() = 0;
  virtual c10::MempoolId_t pool() = 0;
  virtual void replay() = 0;
};

bool hasDeviceGraphs(const c10::Device& device);
/// Only where there are some. The current stream must not be the device's default one.
std::unique_ptr<DeviceGraph> makeDeviceGraph();

}  // namespace foothold::rollout
