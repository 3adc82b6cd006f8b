#pragma once

namespace foothold::model {

/// To be called before any other thread computes. MKL before 2025.0, which LibTorch 2.13 has, chooses the kernel of
/// each function of vectors (cosine, exponential, …) at its first call; of threads that call it first at the same time,
/// one may get a kernel of three correct digits (github.com/pytorch/pytorch/issues/188792). So each is called once, by
/// one thread.
void chooseVectorFunctions();

}  // namespace foothold::model
