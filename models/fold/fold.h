#pragma once

#include <vector>

#include "models/fold/rewriting.h"

namespace norma {

struct Folded {
  TrainedModel model;
  std::vector<FoldStep> steps;
};

// Rewrites a trained model into one that computes the same in eval with less:
//   - a re-parametrized weight becomes the plain weight that it stands for;
//   - a norm with running statistics goes into the convolution or linear map in front of it and
//     leaves an offset;
//   - the gain of a norm, and where possible its offset, goes into the linear maps that read it.
// Which norms can be folded is found out by running them: one whose output is not the same map of
// each channel stays. The neighbours are read off the tape of a forward on `sample`, on which the
// deviations are measured too. A norm goes only where the config can say so without saying anything
// else of a norm that stays. The result's spec differs from the given one in its re-parametrization
// and norms alone. Arithmetic is done in float64.
Folded fold(const TrainedModel& trained, const ModelInput& extents, const FoldSample& sample,
            DType precision);

}  // namespace norma
