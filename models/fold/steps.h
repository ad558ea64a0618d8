#pragma once

#include "models/fold/rewriting.h"

namespace norma {

// Each says what it folded and what it left, with the reason.

// Re-parametrized weights become plain.
FoldStep bake_weights(Rewriting& rewriting);
// Norms that are one map of each channel in eval go into the maps whose output they read.
FoldStep fold_into_writers(Rewriting& rewriting);
// Gains and offsets go into the maps that read them.
FoldStep fold_into_readers(Rewriting& rewriting);

}  // namespace norma
