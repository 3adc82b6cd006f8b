#include "native/rollout/device_graph.h"

#include <c10/util/Exception.h>

#include <array>
#include <cstddef>

#ifdef __linux__
#include <dlfcn.h>
#endif

namespace foothold::rollout {
namespace {

/// The members of LibTorch's at::cuda::CUDAGraph, as its library exports them. They are looked up by name because one
/// build of this addon serves CPU and CUDA: linking them would want a library that a CPU build has not, and CUDA's own
/// headers. The device-independent at::accelerator::Graph has no implementation for CUDA in LibTorch 2.13.
struct CudaGraphMembers {
  void (*construct)(void*, bool keepGraph);
  void (*destroy)(void*);
  void (*begin)(void*, c10::MempoolId_t, int mode);
  void (*end)(void*);
  void (*replay)(void*);
  c10::MempoolId_t (*pool)(void*);
  bool isComplete = false;
};

CudaGraphMembers lookUp() {
  CudaGraphMembers members{};
#ifdef __linux__
  members.isComplete = true;
  const auto find = [&](auto& member, const char* name) {
    void* symbol = dlsym(RTLD_DEFAULT, name);
    member = reinterpret_cast<std::remove_reference_t<decltype(member)>>(symbol);
    if (!symbol) members.isComplete = false;
  };
  find(members.construct, "_ZN2at4cuda9CUDAGraphC1Eb");
  find(members.destroy, "_ZN2at4cuda9CUDAGraphD1Ev");
  find(members.begin, "_ZN2at4cuda9CUDAGraph13capture_beginESt4pairIyyE21cudaStreamCaptureMode");
  find(members.end, "_ZN2at4cuda9CUDAGraph11capture_endEv");
  find(members.replay, "_ZN2at4cuda9CUDAGraph6replayEv");
  find(members.pool, "_ZN2at4cuda9CUDAGraph4poolEv");
#endif
  return members;
}

const CudaGraphMembers& cudaGraph() {
  static const CudaGraphMembers members = lookUp();
  return members;
}

class CudaGraph : public DeviceGraph {
 public:
  CudaGraph() { cudaGraph().construct(storage_.data(), /*keepGraph=*/false); }
  ~CudaGraph() override { cudaGraph().destroy(storage_.data()); }
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  void begin(c10::MempoolId_t pool) override {
    // cudaStreamCaptureModeThreadLocal: other threads, which may be saving weights, are left alone.
    cudaGraph().begin(storage_.data(), pool, /*mode=*/1);
  }
  void end() override { cudaGraph().end(storage_.data()); }
  c10::MempoolId_t pool() override { return cudaGraph().pool(storage_.data()); }
  void replay() override { cudaGraph().replay(storage_.data()); }

 private:
  /// The object itself, which takes 344 bytes in LibTorch 2.13.
  alignas(std::max_align_t) std::array<std::byte, 1024> storage_;
};

}  // namespace

bool hasDeviceGraphs(const c10::Device& device) { return device.is_cuda() && cudaGraph().isComplete; }

std::unique_ptr<DeviceGraph> makeDeviceGraph() {
  TORCH_INTERNAL_ASSERT(cudaGraph().isComplete);
  return std::make_unique<CudaGraph>();
}

}  // namespace foothold::rollout
