#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <tuple>

#include "native/rollout/device_graph.h"

namespace foothold::rollout {

/// What the launches of a decoding step depend on: how many places of each pool it computes, and of how many keys.
struct StepShape {
  int64_t rows = 0, rowKeys = 0;
  int64_t prompts = 0, promptKeys = 0;
  auto operator<=>(const StepShape&) const = default;
};

/// The memory of recorded steps, kept from one use of StepGraphs to the next by keeping the graph that has it. Without
/// it every use would take new memory, which LibTorch gives back only when there is none left. Not for two uses at
/// once.
struct GraphMemory {
  std::shared_ptr<DeviceGraph> keeper;
};

/// Runs decoding steps. On a device with graphs a step is recorded when its shape comes again and launched as a whole
/// from then on; elsewhere it is simply run. A step must read and write the same tensors every time, and take no harm
/// from being run twice. The current stream must not be the device's default one (model::DeviceStream), and weights
/// must stay where they are as long as this lives.
class StepGraphs {
 public:
  using Step = std::function<at::Tensor()>;

  StepGraphs(const at::Device& device, GraphMemory& memory);

  /// What the step returns; valid until the next run.
  at::Tensor run(const StepShape& shape, const Step& step);

 private:
  struct Recording {
    bool hasRun = false;
    int64_t lastUse = 0;
    at::Tensor result;
    std::shared_ptr<DeviceGraph> graph;
  };

  at::Tensor record(Recording& recording, const Step& step);
  void capture(Recording& recording, const Step& step);
  void forgetOldest();

  bool isEnabled_;
  GraphMemory& memory_;
  int64_t uses_ = 0;
  std::map<StepShape, Recording> recordings_;
};

}  // namespace foothold::rollout
