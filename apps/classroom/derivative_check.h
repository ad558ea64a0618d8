#pragma once

#include <string>

#include "apps/classroom/arithmetic.h"
#include "apps/classroom/norm_run.h"

namespace norma::classroom {

// What a derivative typed by a student may be written in: x, dy, y, n, m (the mean that the norm
// took off), v (variance, or mean square where nothing is taken off), r (what its table made of
// them, r1, r2 … where it makes several), u = x − m, xhat = u·r, the norm's parameters and options
// by their names, w and b for weight and bias.
Vocabulary vocabulary_of(const NormRequest& request, const NormRun& run);

// How what was typed compares with what the norm computes.
struct Comparison {
  Elements typed, right;
  bool equal = false;
  size_t worst = 0;  // the element that is furthest off
  double error = 0;  // by how much, relative to the largest of the right ones
  std::string hint;  // in words: how the difference looks
};
Comparison compared(const Elements& typed, const Elements& right, const NormRun& run,
                    bool is_whole_gradient);

}  // namespace norma::classroom
