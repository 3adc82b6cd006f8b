#include "native/train/optimizer.h"

#include <c10/core/GradMode.h>

#include <charconv>
#include <cmath>
#include <map>

#include "native/io/convert.h"
#include "native/io/safetensors.h"
#include "native/io/tensor_file.h"
#include "native/model/load.h"

namespace foothold::train {
namespace {

constexpr const char* kStepsKey = "adamw_steps";

bool isMatrix(const at::Tensor& tensor) { return tensor.dim() >= 2; }

/// The file's float32 tensor of that name, which must have the shape of `like`.
const io::TensorInfo& require(const io::TensorFile& file, const std::string& name, const at::Tensor& like) {
  const io::TensorInfo* tensor = file.find(name);
  if (!tensor || tensor->dtype != io::DType::F32 || tensor->shape != like.sizes().vec()) {
    throw model::ModelError("The optimizer state in " + file.path() + " has no float32 tensor " + name +
                            " of the model's shape; it belongs to another model or is not an optimizer state");
  }
  return *tensor;
}

int64_t readSteps(const std::string& text, const std::string& path) {
  int64_t steps = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), steps);
  if (error != std::errc() || end != text.data() + text.size() || steps < 0) {
    throw model::ModelError("The optimizer state in " + path + " has the step count \"" + text +
                            "\", expected a whole number; the file is damaged");
  }
  return steps;
}

void copyTo(at::Tensor& target, const io::TensorInfo& source) {
  at::Tensor values = at::empty(target.sizes(), at::kFloat);
  io::toFloat32(source, values.mutable_data_ptr<float>());
  target.copy_(values);
}

}  // namespace

Optimizer::Optimizer(std::vector<model::NamedParameter> parameters, const std::vector<model::NamedParameter>& masters)
    : parameters_(std::move(parameters)) {
  for (const model::NamedParameter& master : masters) {
    State state;
    state.master = master.value.detach();
    states_.push_back(std::move(state));
  }
}

at::Tensor& Optimizer::gradient(size_t i) {
  State& state = states_[i];
  if (!state.gradient.defined()) state.gradient = at::zeros_like(state.master);
  return state.gradient;
}

void Optimizer::collectGradients() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& fresh = parameters_[i].value.mutable_grad();
    if (!fresh.defined()) continue;
    State& state = states_[i];
    if (!state.gradient.defined()) {
      state.gradient = fresh.to(at::kFloat);
    } else {
      state.gradient.add_(fresh);
    }
    fresh.reset();
  }
}

void Optimizer::clearGradients() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].value.mutable_grad().reset();
    states_[i].gradient.reset();
  }
}

double Optimizer::gradientNorm() {
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < states_.size(); ++i) gradients.push_back(gradient(i));
  // All in one copy: a GPU is waited for once.
  const at::Tensor norms = at::stack(at::_foreach_norm(gradients, 2)).to(at::kCPU, at::kDouble);
  double squares = 0;
  for (int64_t i = 0; i < norms.size(0); ++i) {
    const double value = norms.const_data_ptr<double>()[i];
    squares += value * value;
  }
  return std::sqrt(squares);
}

void Optimizer::allocateAverages() {
  for (State& state : states_) {
    if (state.average.defined()) continue;
    // Both or none: the second may be what there is no memory for.
    at::Tensor average = at::zeros_like(state.master);
    state.squareAverage = at::zeros_like(state.master);
    state.average = std::move(average);
  }
}

Optimizer::Subset Optimizer::subset(bool matrices, int64_t step) {
  Subset subset;
  for (size_t i = 0; i < states_.size(); ++i) {
    if (isMatrix(states_[i].master) != matrices) continue;
    subset.masters.push_back(states_[i].master);
    subset.gradients.push_back(gradient(i));
    subset.averages.push_back(states_[i].average);
    subset.squareAverages.push_back(states_[i].squareAverage);
    subset.steps.push_back(at::full({}, static_cast<double>(step), states_[i].master.options()));
  }
  return subset;
}

void Optimizer::step(const AdamWOptions& options, double norm) {
  at::NoGradGuard noGrad;
  // What allocates comes first: from the first change on nothing may fail.
  allocateAverages();
  Subset matrices = subset(/*matrices=*/true, steps_ + 1);
  Subset others = subset(/*matrices=*/false, steps_ + 1);
  if (options.maxGradNorm > 0 && norm > options.maxGradNorm) {
    const double scale = options.maxGradNorm / (norm + 1e-6);
    for (State& state : states_) state.gradient.mul_(scale);
  }
  ++steps_;
  const auto apply = [&](Subset& s, double weightDecay) {
    at::_fused_adamw_(s.masters, s.gradients, s.averages, s.squareAverages, /*max_exp_avg_sqs=*/{}, s.steps,
                      options.learningRate, options.beta1, options.beta2, weightDecay, options.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  };
  apply(matrices, options.weightDecay);
  apply(others, 0.0);
  roundMasters();
  clearGradients();
}

void Optimizer::save(const std::string& path) const {
  std::vector<at::Tensor> held;
  std::vector<io::TensorView> views;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    held.push_back(tensor.to(at::kCPU).contiguous());
    views.push_back({name, io::DType::F32, held.back().sizes().vec(), held.back().const_data_ptr(),
                     static_cast<size_t>(held.back().nbytes())});
  };
  for (size_t i = 0; i < states_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    if (parameters_[i].value.scalar_type() != at::kFloat) add("master." + name, states_[i].master);
    if (!states_[i].average.defined()) continue;
    add("exp_avg." + name, states_[i].average);
    add("exp_avg_sq." + name, states_[i].squareAverage);
  }
  io::writeSafetensors(path, views, {{kStepsKey, std::to_string(steps_)}});
}

void Optimizer::load(const std::string& path) {
  at::NoGradGuard noGrad;
  const auto file = io::openSafetensors(path);
  const auto steps = file->metadata().find(kStepsKey);
  if (steps == file->metadata().end()) throw model::ModelError(path + " is not an optimizer state of Foothold");
  const int64_t count = readSteps(steps->second, path);
  if (count > 0) allocateAverages();
  // Everything is found and checked before anything is changed.
  std::vector<std::pair<at::Tensor*, const io::TensorInfo*>> copies;
  const auto plan = [&](const std::string& name, at::Tensor& target) {
    copies.emplace_back(&target, &require(*file, name, target));
  };
  for (size_t i = 0; i < states_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    if (parameters_[i].value.scalar_type() != at::kFloat) plan("master." + name, states_[i].master);
    if (count == 0) continue;
    plan("exp_avg." + name, states_[i].average);
    plan("exp_avg_sq." + name, states_[i].squareAverage);
  }
  for (auto& [target, source] : copies) copyTo(*target, *source);
  if (count == 0) {
    for (State& state : states_) {
      state.average.reset();
      state.squareAverage.reset();
    }
  }
  roundMasters();
  steps_ = count;
  clearGradients();
}

void Optimizer::roundMasters() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor value = parameters_[i].value.detach();
    if (value.scalar_type() != at::kFloat) value.copy_(states_[i].master);
  }
}

}  // namespace foothold::train
