#pragma once

#include "apps/landscape/surface.h"

namespace norma {

// A random direction whose filters are as long as those of the weights, so that pictures of nets
// with different scales compare. A filter is a row of a weight (an output's weights; of an
// embedding an entry; of experts each its own); gains, biases and scalars do not move. `index`
// tells apart several of one seed. Li, Xu, Taylor, Studer, Goldstein 2018, "Visualizing the loss
// landscape of neural nets", arXiv:1712.09913, section 4.
Direction filter_normalized(Training& training, uint64_t seed, int64_t index);

// The loss at θ + t·d, t from −reach to reach at equal distances; an odd number of points takes
// in θ itself. Throws an Error for fewer than two.
struct LossLine {
  std::vector<double> at, losses;
};
LossLine slice(LossSurface& surface, const Direction& direction, double reach, int64_t points);

// The loss at θ + x·first + y·second, both from −reach to reach.
struct LossPlane {
  std::vector<double> at;                   // the values of x and of y
  std::vector<std::vector<double>> losses;  // losses[y][x]
};
LossPlane slice(LossSurface& surface, const Direction& first, const Direction& second, double reach,
                int64_t points);

}  // namespace norma
