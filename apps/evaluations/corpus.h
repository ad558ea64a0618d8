#pragma once

#include <memory>

#include "apps/trainer/training.h"

namespace norma {

// Other data for a trained model. Text is read with the training's tokenizer. An Error, naming both
// sizes, where the model could not take it: another kind, another extent, tokens beyond its
// vocabulary or classes that it has no output for.
std::unique_ptr<Dataset> load_corpus(const Training& training, const Spec& corpus);

}  // namespace norma
