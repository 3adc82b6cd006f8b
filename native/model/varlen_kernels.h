#pragma once

#include "native/model/varlen_attention.h"

namespace foothold::model {

/// PyTorch's flash attention for CUDA: bfloat16, head widths that are multiples of 8 up to 256, compute capability 8.0.
const VarlenAttention& flashVarlenAttention();

/// PyTorch's memory-efficient attention for CUDA: bfloat16 and float32, head widths that are multiples of 4. Its
/// log-sum-exp comes padded.
const VarlenAttention& efficientVarlenAttention();

}  // namespace foothold::model
