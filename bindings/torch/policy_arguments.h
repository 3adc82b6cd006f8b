// The plain structs of native/{model,rollout,train} from the objects described in bindings/torch.ts.
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "bindings/torch/arguments.h"
#include "native/model/config.h"
#include "native/rollout/generate.h"
#include "native/train/matrix_products.h"
#include "native/train/policy.h"

foothold::model::ModelConfig readModelConfig(const Arguments& arguments);
foothold::rollout::GenerateRequest readGenerateRequest(const Arguments& arguments);
foothold::train::TokenBatch readTokenBatch(const Arguments& arguments);
foothold::train::UpdateBatch readUpdateBatch(const Arguments& arguments);
foothold::train::UpdateOptions readUpdateOptions(const Arguments& arguments);
/// Equally many `rows`, `headRows` and `pairs`, the first two at least 1 each.
std::vector<foothold::train::ProductPass> readProductPasses(const Arguments& arguments);
double readTemperature(const Arguments& arguments);

/// `auto` takes CUDA where there is one. Throws DeviceError for a device that is not there.
at::Device chooseDevice(const std::string& name);

/// Throw std::invalid_argument, naming what does not fit.
void checkGenerateRequest(const foothold::rollout::GenerateRequest& request,
                          const foothold::model::ModelConfig& config);
void checkUpdate(const foothold::train::UpdateBatch& batch, const foothold::train::UpdateOptions& options);
