#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/json.h"

namespace norma::pages {

// One figure of a training run by step; nothing where it was not finite.
struct Series {
  struct Point {
    double step;
    std::optional<double> value;
  };
  std::string name;  // train/loss
  std::vector<Point> points;
};

// What the lines of a metrics.jsonl hold, in the order in which figures first occur. Times are
// those of steps, not of evaluations.
std::vector<Series> series_of(const Json& metrics);

// The series of that name, or null.
const Series* find_series(const std::vector<Series>& all, const std::string& name);

// At most about `most` points: the first ones as they are, then of every stretch the first, the
// lowest and the highest, and the last of all. Values that are not finite are kept.
std::vector<Series::Point> thinned(const std::vector<Series::Point>& points, size_t most);

}  // namespace norma::pages
