#pragma once

#include "core/config/json.h"
#include "models/fold/trained.h"

namespace norma {

// A model whose every parameter and running statistic is random, as if trained.
TrainedModel random_model(const Json& config, const ModelInput& extents);

// What it computes in eval, float64.
Tensor output_in_eval(const TrainedModel& model, const ModelInput& extents,
                      const FoldSample& sample);

}  // namespace norma
