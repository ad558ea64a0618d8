#include "apps/landscape/landscape.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace norma {

void LandscapeOptions::describe(Fields& f) {
  f.choice("mode", mode, {"train", "eval"},
           "batch statistics and dropout as in training, or running statistics as in evaluation");
  f.integer("batches", batches, "batches of coming steps that the loss is the mean over",
            {.min = 1});
  f.integer("walk_points", walk_points, "steps along the gradient; 0 = no walk", {.min = 0});
  f.maybe_number("walk_reach", walk_reach,
                 "the longest step, as a multiple of the gradient; null = the learning rate",
                 {.above = 0});
  f.integer("eigenvalues", eigenvalues, "largest eigenvalues of the Hessian; 0 = none", {.min = 0});
  f.integer("line_points", line_points, "points along a random direction; 0 = none", {.min = 0});
  f.integer("plane_points", plane_points,
            "points along each side of a plane of two random directions; 0 = none", {.min = 0});
  f.number("reach", reach, "how far line and plane reach, in lengths of the weights' filters",
           {.above = 0});
  f.integer("seed", seed, "of the random directions", {.min = 0});
  f.rule(line_points != 1, "line_points", "at least 2, or 0");
  f.rule(plane_points != 1, "plane_points", "at least 2, or 0");
}

Landscape survey(Training& training, const LandscapeOptions& options) {
  const View view{.training = options.mode == "train", .batches = options.batches};
  const auto seed = static_cast<uint64_t>(options.seed);
  LossSurface surface(training, view);
  Landscape seen;
  seen.view = view;
  seen.step = training.steps_done();
  seen.loss = surface.loss();
  seen.targets = surface.targets();
  if (options.walk_points > 0)
    seen.walk = walk_along_gradient(surface, options.walk_reach, options.walk_points);
  if (options.eigenvalues > 0)
    seen.curvature = largest_eigenvalues(surface, {.count = options.eigenvalues});
  if (options.line_points == 0 && options.plane_points == 0) return seen;
  const Direction first = filter_normalized(training, seed, 0);
  if (options.line_points > 0)
    seen.line = slice(surface, first, options.reach, options.line_points);
  if (options.plane_points > 0)
    seen.plane = slice(surface, first, filter_normalized(training, seed, 1), options.reach,
                       options.plane_points);
  return seen;
}

namespace {

Json finite_or_null(double number) { return std::isfinite(number) ? Json(number) : Json(); }

Json finite_or_null(const std::vector<double>& numbers) {
  Json list = Json::array();
  for (const double each : numbers) list.push_back(finite_or_null(each));
  return list;
}

Json json_of(const GradientWalk& walk) {
  return {{"gradient_norm", finite_or_null(walk.gradient_norm)},
          {"eta", walk.eta},
          {"loss", finite_or_null(walk.losses)},
          {"apart", finite_or_null(walk.apart)},
          {"smoothness", finite_or_null(walk.smoothness)},
          {"lowest_loss", finite_or_null(walk.lowest_loss)},
          {"highest_loss", finite_or_null(walk.highest_loss)},
          {"predictiveness", finite_or_null(walk.predictiveness)},
          {"effective_beta", finite_or_null(walk.effective_beta)}};
}

Json json_of(const Curvature& curvature) {
  return {{"eigenvalues", curvature.eigenvalues},
          {"residuals", finite_or_null(curvature.residuals)},
          {"converged", curvature.converged},
          {"step", curvature.step},
          {"gradients", curvature.gradients}};
}

Json json_of(const LossLine& line) {
  return {{"at", line.at}, {"loss", finite_or_null(line.losses)}};
}

Json json_of(const LossPlane& plane) {
  Json rows = Json::array();
  for (const std::vector<double>& row : plane.losses) rows.push_back(finite_or_null(row));
  return {{"at", plane.at}, {"loss", std::move(rows)}};
}

template <class Part>
Json json_or_null(const std::optional<Part>& part) {
  return part ? json_of(*part) : Json();
}

}  // namespace

Json landscape_json(const Landscape& landscape) {
  return {{"mode", landscape.view.mode()},
          {"batches", landscape.view.batches},
          {"step", landscape.step},
          {"targets", landscape.targets},
          {"loss", finite_or_null(landscape.loss)},
          {"walk", json_or_null(landscape.walk)},
          {"curvature", json_or_null(landscape.curvature)},
          {"line", json_or_null(landscape.line)},
          {"plane", json_or_null(landscape.plane)}};
}

}  // namespace norma
