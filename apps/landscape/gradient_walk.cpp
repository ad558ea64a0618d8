#include "apps/landscape/gradient_walk.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/optimizer.h"

namespace norma {
namespace {

// Not a number wherever one of them is not.
double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double each : values)
    most = std::isnan(each) ? std::numeric_limits<double>::quiet_NaN() : std::max(each, most);
  return most;
}

}  // namespace

GradientWalk walk_along_gradient(LossSurface& surface, std::optional<double> reach,
                                 int64_t points) {
  const double end = reach.value_or(base_lr(surface.training().config().optim));
  GradientWalk walk;
  Direction start, there, shift;
  walk.loss = surface.gradient({}, start);
  walk.gradient_norm = length(start);
  walk.lowest_loss = walk.highest_loss = walk.loss;
  for (int64_t i = 1; i <= points; ++i) {
    const double eta = end * static_cast<double>(i) / static_cast<double>(points);
    shift = start;
    for (double& each : shift) each *= -eta;
    const double loss = surface.gradient(shift, there);
    for (size_t k = 0; k < there.size(); ++k) there[k] -= start[k];
    walk.eta.push_back(eta);
    walk.losses.push_back(loss);
    walk.apart.push_back(length(there));
    walk.smoothness.push_back(walk.apart.back() / (eta * walk.gradient_norm));
    walk.lowest_loss = std::min(walk.lowest_loss, loss);
    walk.highest_loss = std::max(walk.highest_loss, loss);
  }
  walk.predictiveness = largest(walk.apart);
  walk.effective_beta = largest(walk.smoothness);
  return walk;
}

}  // namespace norma
