#pragma once

#include "native/rollout/pool_attention.h"

namespace foothold::rollout {

/// PyTorch's kernels for CUDA that model/varlen_kernels.h names, for queries of one head over the written part of a
/// pool.
const PoolAttention& flashPoolAttention();
const PoolAttention& efficientPoolAttention();

}  // namespace foothold::rollout
