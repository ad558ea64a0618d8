#pragma once

#include "apps/evaluations/evaluations.h"
#include "apps/evaluations/pass.h"

namespace norma {

// Adds what the model made of data.poison: see `examine`. The data are images.
void add_poison_figures(Examination& model, const Portion& portion, Figures& figures);

}  // namespace norma
