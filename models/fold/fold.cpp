#include "models/fold/fold.h"

#include "models/fold/steps.h"

namespace norma {

Folded fold(const TrainedModel& trained, const ModelInput& extents, const FoldSample& sample,
            DType precision) {
  Rewriting rewriting(trained, extents, sample, precision);
  std::vector<FoldStep> steps;
  for (const auto step : {bake_weights, fold_into_writers, fold_into_readers}) {
    FoldStep done = step(rewriting);
    if (done.modules > 0 || !done.left.empty()) steps.push_back(std::move(done));
  }
  return {rewriting.model(), std::move(steps)};
}

}  // namespace norma
