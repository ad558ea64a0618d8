#pragma once

#include <string>

#include "layers/norms/gradient_parts.h"

namespace norma {

// One pass through a norm y = x·s(x) whose statistic s has a window of its own for each element:
// all float64 of one shape, but for the mask (one a row, 0 = padding; undefined = all valid).
struct WindowPass {
  Tensor x, y, dy, dx, mask;
};

// What passes on is dy times the factor of its element; all else comes back through the windows,
// along x.
GradientParts window_parts(const std::string& type, const WindowPass& pass);

}  // namespace norma
