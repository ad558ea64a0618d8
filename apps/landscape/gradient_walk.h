#pragma once

#include <optional>

#include "apps/landscape/surface.h"

namespace norma {

// What is met on the way along the negative gradient g = ∇L(θ): how far a step can trust the
// gradient it was taken by. Santurkar, Tsipras, Ilyas, Madry 2018, "How does batch normalization
// help optimization?", arXiv:1805.11604, section 3.2 and figure 4.
struct GradientWalk {
  double loss = 0, gradient_norm = 0;  // at θ
  // At θ − ηg, one number a step size η.
  std::vector<double> eta, losses;
  std::vector<double> apart;                 // ‖g − ∇L(θ − ηg)‖
  std::vector<double> smoothness;            // the same over the way gone, η‖g‖
  double lowest_loss = 0, highest_loss = 0;  // the loss' variation
  double predictiveness = 0;                 // the most of `apart`: gradient predictiveness
  double effective_beta = 0;                 // the most of `smoothness`
};

// Walks to η = reach in `points` equal steps, with one gradient each. Without a reach it is the
// base learning rate of the training's optimizer, whose steps are ηg where that is SGD; for others
// name a reach. A loss that is not finite on the way makes what follows from it not finite.
GradientWalk walk_along_gradient(LossSurface& surface, std::optional<double> reach = {},
                                 int64_t points = 8);

}  // namespace norma
