#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/landscape/landscape.h"

namespace CLI {
class App;
}

namespace norma {

// The options of probe --landscape.
class LandscapeArguments {
 public:
  void declare(CLI::App& app);
  // None where --landscape was not given. `batches` are those of the probe.
  std::optional<LandscapeOptions> options(int64_t batches) const;

 private:
  bool asked_ = false, eval_mode_ = false;
  std::vector<std::string> slices_;
  int64_t line_points_ = 21, plane_points_ = 11, eigenvalues_ = 1;
  double reach_ = 1;
  std::optional<double> walk_reach_;
};

}  // namespace norma
