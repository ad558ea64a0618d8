#pragma once

#include "apps/landscape/surface.h"

namespace norma {

// The Hessian H of the loss times a direction, by central differences of gradients:
// (∇L(θ + hd) − ∇L(θ − hd)) / 2h. `step` is the length of hd. Exact to O(h²); where the loss has
// kinks (ReLU) it is the mean curvature over that way.
Direction hessian_product(LossSurface& surface, const Direction& direction, double step);

// The step that balances the error of the differences (h²) with that of rounding (ε/h): ε^⅓·‖θ‖,
// as a loss changes on the scale of its weights. 6e-6·‖θ‖ in float64, 5e-3·‖θ‖ in float32.
double difference_step(const LossSurface& surface);

struct CurvatureOptions {
  int64_t count = 1;        // eigenvalues
  double tolerance = 1e-3;  // of a residual, as a share of the eigenvalue
  int64_t restarts = 30;    // of the Lanczos process, at most
};

// The largest eigenvalues of the Hessian: the sharpness of the loss.
struct Curvature {
  std::vector<double> eigenvalues;  // the largest first; fewer than asked for where not `converged`
  // ‖Hv − λv‖/|λ| of each, with half the step: the error of the differences shows here, too.
  std::vector<double> residuals;
  bool converged = false;
  double step = 0;        // of the differences
  int64_t gradients = 0;  // that it took
};

// By the Lanczos process with implicit restarts (Spectra), from a fixed start. Two gradients a
// product, some twenty products for one eigenvalue. An Error where a gradient is not finite, or
// for a model of fewer than two numbers.
Curvature largest_eigenvalues(LossSurface& surface, const CurvatureOptions& options = {});

}  // namespace norma
