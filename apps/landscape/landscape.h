#pragma once

#include <optional>
#include <string>

#include "apps/landscape/curvature.h"
#include "apps/landscape/gradient_walk.h"
#include "apps/landscape/slices.h"
#include "core/config/fields.h"
#include "core/config/json.h"

namespace norma {

// What is looked at of the loss around the weights (probe --landscape). The default takes some
// fifty gradients.
struct LandscapeOptions {
  std::string mode = "train";
  int64_t batches = 1;
  int64_t walk_points = 8;
  std::optional<double> walk_reach;
  int64_t eigenvalues = 1;
  int64_t line_points = 0, plane_points = 0;
  double reach = 1;
  int64_t seed = 0;
  void describe(Fields& f);
};

struct Landscape {
  View view;
  int64_t step = 0;              // optimizer steps done
  double targets = 0, loss = 0;  // at the weights as they are
  std::optional<GradientWalk> walk;
  std::optional<Curvature> curvature;
  std::optional<LossLine> line;
  std::optional<LossPlane> plane;
};

// Looks around, and leaves the training as it was, bit for bit.
Landscape survey(Training& training, const LandscapeOptions& options);

// A landscape in a run's records; what was not looked at is null, and so is a number that is not
// finite.
Json landscape_json(const Landscape& landscape);

}  // namespace norma
