#pragma once

#include <string>
#include <vector>

#include "apps/gauges/gauge.h"
#include "apps/trainer/training.h"

namespace norma {

// Measures a model as it stands, over the batch of its next optimizer step: one number, or one a
// block in the order of the forward. The names are those of `gauge_registry`, each with a sentence
// and a formula; an Error names the nearest one to an unknown name. Throws an Error for a
// gauge that has values of another kind, too. Leaves no trace in the training.
std::vector<double> read_gauge(Training& training, const std::string& name);

}  // namespace norma
