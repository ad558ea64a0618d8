#pragma once

#include <vector>

#include "apps/classroom/domains.h"
#include "apps/classroom/kernel_watch.h"
#include "layers/layer_run.h"

namespace norma::classroom {

// A norm to be looked at while it runs.
struct NormRequest {
  Spec spec;
  NamedTensors in;  // as run_layer reads them; `input` is (N,S,C)
  DType dtype = DType::kFloat64;
  bool training = true;
  // Of an eval: so many training steps on the same batch come first and leave their statistics.
  int64_t steps_before = 0;
};

struct NormRun {
  NamedTensors out;    // as run_layer leaves them
  NamedTensors state;  // param.<name> and buffer.<name> that it began with
  std::vector<double> x;
  NormDefinition definition;
  Domains domains;
  // What its kernels read, and the three terms of the gradient: in float64, whatever the dtype.
  // Empty for a norm made of others.
  KernelWatch::Read read;
  KernelWatch::Terms terms;
};

// A registered norm with its default options; null where it has options that must be given.
Spec with_defaults(const Entry& entry);

// Runs the norm forward and, with `grad_output`, backward, and looks on.
NormRun run_watched(const NormRequest& request);

// ∂y/∂x of every element while statistics are held fixed: what the dual numbers give. Empty for a
// norm made of others.
std::vector<double> slopes(const NormRequest& request);

}  // namespace norma::classroom
