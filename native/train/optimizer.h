#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "native/model/weights.h"

namespace foothold::train {

struct AdamWOptions {
  double learningRate = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weightDecay = 0;
  double maxGradNorm = 0;
};

/// AdamW (Loshchilov & Hutter, arXiv 1711.05101) with gradients and states in float32. When the parameters are
/// bfloat16, a float32 master copy is what is trained, and the parameters are its rounding: at a learning rate of 5e-7
/// a bfloat16 weight would never change.
class Optimizer {
 public:
  /// `masters`: the float32 tensors behind the parameters, in the same order; the same tensors when those are float32.
  Optimizer(std::vector<model::NamedParameter> parameters, const std::vector<model::NamedParameter>& masters);

  /// Float32 sum of the gradients of parameter i; zeros when nothing was added yet.
  at::Tensor& gradient(size_t i);
  /// Move what autograd left at the parameters into the float32 sums.
  void collectGradients();
  void clearGradients();

  /// Euclidean norm of all gradients together.
  double gradientNorm();
  /// Clip to options.maxGradNorm, given the norm, take one step and clear the gradients. When memory runs out nothing
  /// has changed but the gradients.
  void step(const AdamWOptions& options, double norm);

  void save(const std::string& path) const;
  /// Throws model::ModelError when the file is of another model.
  void load(const std::string& path);

  const std::vector<model::NamedParameter>& parameters() const { return parameters_; }
  /// The float32 values trained: the parameter itself, or its master copy.
  const at::Tensor& master(size_t i) const { return states_[i].master; }

 private:
  struct State {
    at::Tensor master, gradient, average, squareAverage;
  };
  void allocateAverages();
  /// Set bfloat16 parameters to their masters' rounding.
  void roundMasters();
  /// Arguments of one fused call, for the matrices or for the rest.
  struct Subset {
    std::vector<at::Tensor> masters, gradients, averages, squareAverages, steps;
  };
  Subset subset(bool matrices, int64_t step);

  std::vector<model::NamedParameter> parameters_;
  std::vector<State> states_;
  int64_t steps_ = 0;
};

}  // namespace foothold::train
