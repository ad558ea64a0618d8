#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/model.h"

namespace norma {

// A trained model: what it is and every parameter and buffer by name.
struct TrainedModel {
  Spec spec;
  std::map<std::string, Tensor> state;
};

// One kind of rewriting, and what came of it.
struct FoldStep {
  std::string what;
  int64_t modules = 0;   // folded
  double deviation = 0;  // largest change of an output, in units of the largest output
  std::vector<std::string> left = {};  // modules that stay as they were: "path: reason"
};

struct Folded {
  TrainedModel model;
  std::vector<FoldStep> steps;
};

// Rewrites a trained model into one that computes the same in eval with less:
//   - a re-parametrized weight becomes the plain weight that it stands for;
//   - the gain of a norm, and where possible its offset, goes into the linear maps that read it;
//   - a norm with running statistics goes into the convolution or linear map in front of it and
//     leaves an offset.
// Which norms can be folded is found out by running them: one whose output is not the same map of
// each channel stays. The neighbours are read off the tape of a forward on `input` (B,…), on which
// the deviations are measured too; `mask` as in Context. The result's spec differs from the given
// one in `reparam` and `norm` alone. Arithmetic is done in float64.
Folded fold(const TrainedModel& trained, const ModelInput& extents, const Tensor& input,
            const Tensor& mask, DType precision);

}  // namespace norma
