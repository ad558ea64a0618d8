#pragma once

#include <string>
#include <vector>

#include "apps/gauges/probe/tensor_sight.h"
#include "apps/trainer/training.h"

namespace norma {

// An output of an operation of a module, and the gradient of the mean loss by it.
struct ModuleSight {
  std::string path;
  const char* op;
  int64_t output;  // how many outputs of such an operation this module had before, in one forward
  Shape shape;     // of the first batch
  TensorSight forward, backward;
};

// Sums over a parameter w, the gradient g of the mean loss by it, and what the optimizer added, Δ.
struct ParamSight {
  const Param* param;
  double weight_weight = 0, grad_grad = 0, weight_grad = 0;
  double step_step = 0, step_weight = 0;

  double weight_norm() const;
  double grad_norm() const;
  double step_norm() const;
  // The share of the gradient along the weight, |⟨w,g⟩|/(‖w‖‖g‖).
  double radial() const;
  // Whether the loss does not depend on the length of this weight, as far as that share tells: it
  // is at most min(1e-3, 0.05/√n) for n numbers. A gradient of random direction passes in fewer
  // than 4 of 100 cases; the ε of a norm behind the weight leaves a share above 0. Only weights
  // and embeddings of at least two numbers are judged.
  bool scale_free() const;
};

// Everything that one probe has seen.
struct Sight {
  Training* training = nullptr;
  double targets = 0;                // that the loss was a mean over
  std::vector<ModuleSight> modules;  // in the order of the forward
  std::vector<ParamSight> params;
  const StepReport* step = nullptr;  // the optimizer's step behind it, once there was one

  double grad_scale() const { return targets > 0 ? 1 / targets : 0; }
};

}  // namespace norma
