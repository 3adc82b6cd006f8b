#include "native/rollout/step_graphs.h"

#include <algorithm>

#include "native/model/kernel_trial.h"
#include "native/model/kernels.h"

namespace foothold::rollout {
namespace {

/// Recordings that are kept. Each holds its result, the logits of its rows.
constexpr size_t kMostRecordings = 16;

}  // namespace

StepGraphs::StepGraphs(const at::Device& device, GraphMemory& memory)
    : isEnabled_(model::kernels::areEnabled() && hasDeviceGraphs(device)), memory_(memory) {}

at::Tensor StepGraphs::run(const StepShape& shape, const Step& step) {
  if (!isEnabled_) return step();
  Recording& recording = recordings_[shape];
  recording.lastUse = ++uses_;
  if (recording.graph) {
    recording.graph->replay();
    return recording.result;
  }
  // The first time warms up what is made once: products' workspaces, memory, modules that are loaded when used.
  if (!std::exchange(recording.hasRun, true)) return step();
  if (recordings_.size() > kMostRecordings) forgetOldest();
  return record(recording, step);
}

/// The recorded step must give what the step gives; otherwise, and where recording fails, no graphs are used any more.
at::Tensor StepGraphs::record(Recording& recording, const Step& step) {
  const at::Tensor expected = step();
  const auto recordAndReplay = [&]() -> std::vector<model::Comparison> {
    capture(recording, step);
    recording.graph->replay();
    return {{recording.result, expected}};
  };
  std::string fault;
  try {
    fault = model::faultOf(recordAndReplay);
  } catch (const c10::OutOfMemoryError&) {
    recording.graph.reset();  // half a recording
    throw;
  }
  if (fault.empty()) {
    model::note("decoding steps: recorded and launched as a whole");
  } else {
    model::note("decoding steps: one operation at a time");
    TORCH_WARN("Decoding steps are launched one operation at a time, which is slow, because recording one failed: ",
               fault);
    isEnabled_ = false;
    recordings_.clear();
    memory_.keeper.reset();
  }
  return expected;
}

void StepGraphs::capture(Recording& recording, const Step& step) {
  recording.graph = makeDeviceGraph();
  recording.graph->begin(memory_.keeper ? memory_.keeper->pool() : c10::MempoolId_t{0, 0});
  try {
    recording.result = step();
  } catch (...) {
    // A stream that records cannot be used; what it recorded is of no use.
    try {
      recording.graph->end();
    } catch (const c10::Error&) {
    }
    throw;
  }
  recording.graph->end();
  memory_.keeper = recording.graph;
}

void StepGraphs::forgetOldest() {
  recordings_.erase(std::min_element(recordings_.begin(), recordings_.end(),
                                     [](const auto& a, const auto& b) { return a.second.lastUse < b.second.lastUse; }));
}

}  // namespace foothold::rollout
