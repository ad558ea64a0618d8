#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/evaluations/evaluations.h"

namespace norma {

// Samples shown otherwise than they are.
struct Shift {
  std::string name;  // of the figures, e.g. noise_0.1
  // Changes a batch whose first sample has this number in its split.
  std::function<void(Batch& batch, int64_t first)> alter;
  bool of_labels = false;  // and of nothing else
};

// The shifts that the options ask for, in their order, of the first `samples` of a split. What is
// drawn for a sample follows from the seed and its number: it is the same at every severity and in
// whatever batch. The data must outlive them and fit the options (check_evaluation).
std::vector<Shift> shifts_of(const EvaluationOptions& options, const Dataset& data, int64_t samples,
                             uint64_t seed);

// The name of figures under a condition of this severity.
std::string condition(const char* kind, double severity);

}  // namespace norma
