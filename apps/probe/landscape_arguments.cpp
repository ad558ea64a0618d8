#include "apps/probe/landscape_arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace norma {

void LandscapeArguments::declare(CLI::App& app) {
  CLI::Option* const landscape = app.add_flag(
      "--landscape", asked_,
      "Look at the loss around the weights, too: a walk along the gradient, how far it can be "
      "trusted, the largest eigenvalue of the Hessian; some fifty gradients");
  const auto one_of_them = [&](CLI::Option* option) { option->needs(landscape); };
  one_of_them(app.add_option("--slice", slices_,
                             "Also the loss along a random direction (line) or over a plane of two "
                             "(plane), each filter as long as that of the weights")
                  ->check(CLI::IsMember({"line", "plane"}))
                  ->allow_extra_args(false));
  one_of_them(app.add_option("--line-points", line_points_, "Points along the line; 21 if left out")
                  ->check(CLI::Range(2, 10001)));
  one_of_them(app.add_option("--plane-points", plane_points_,
                             "Points along each side of the plane; 11 if left out")
                  ->check(CLI::Range(2, 1001)));
  one_of_them(
      app.add_option("--reach", reach_,
                     "How far line and plane reach to each side, in lengths of the weights' "
                     "filters; 1 if left out")
          ->check(CLI::PositiveNumber));
  one_of_them(app.add_option("--walk-reach", walk_reach_,
                             "The longest step along the gradient, as a multiple of it; the "
                             "learning rate if left out")
                  ->check(CLI::PositiveNumber));
  one_of_them(
      app.add_option("--eigenvalues", eigenvalues_, "How many, the largest first; 1 if left out")
          ->check(CLI::PositiveNumber));
  one_of_them(app.add_flag("--eval-mode", eval_mode_,
                           "The loss as an evaluation sees it: running statistics, no dropout"));
}

std::optional<LandscapeOptions> LandscapeArguments::options(int64_t batches) const {
  if (!asked_) return std::nullopt;
  const auto sliced = [&](const char* kind) { return std::ranges::count(slices_, kind) > 0; };
  LandscapeOptions options;
  options.mode = eval_mode_ ? "eval" : "train";
  options.batches = batches;
  options.walk_reach = walk_reach_;
  options.eigenvalues = eigenvalues_;
  options.line_points = sliced("line") ? line_points_ : 0;
  options.plane_points = sliced("plane") ? plane_points_ : 0;
  options.reach = reach_;
  return options;
}

}  // namespace norma
