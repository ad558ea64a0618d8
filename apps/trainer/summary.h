#pragma once

#include <string>

#include "apps/trainer/training.h"

namespace norma {

// What a training would do, without doing it: the tree of modules with the shapes of their outputs
// and their parameters, floating-point operations of a step, and the memory it takes. One forward
// and backward of the first micro-batch is carried out to measure shapes and memory.
std::string training_summary(Training& training);

}  // namespace norma
