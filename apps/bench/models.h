#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/model.h"

namespace norma {

// A model at a size that is timed.
struct BenchModel {
  const char* name;     // "gpt/d128-L4-H4-V96"
  const char* options;  // as in a config: JSON
  ModelInput input;
  int64_t positions;  // tokens of a training sample; 0: images
  int64_t batch;      // of a training step
  bool large = false;

  Spec spec() const;
  bool reads_tokens() const { return positions > 0; }
  // A batch of random tokens (batch, length) or images.
  Tensor random_input(int64_t batch, int64_t length) const;
};
const std::vector<BenchModel>& bench_models();

// Bytes of the parameters that enter products: those that are only looked up are not read.
double product_parameter_bytes(const ParamSet& params, const Spec& model);

}  // namespace norma
