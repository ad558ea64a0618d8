#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/gauges/theory.h"
#include "apps/statistics/interval.h"
#include "core/config/json.h"

namespace norma {

// What a theory predicts beside what was measured, point by point, and how far they are apart.
struct Overlay {
  std::string title, statement;
  std::string x_name, y_name;
  bool log = false;  // powers: both axes are logarithmic
  std::vector<double> x, mean;
  std::vector<Interval> intervals;  // of the means; none for fewer than three seeds
  std::vector<double> low, high;    // predicted; equal where it is one value
  std::optional<double> deviation;
  std::string score;    // the deviation in words
  std::string why_not;  // "does not apply, because …": then nothing is predicted
};

// Readings by depth under a theory; `deviation` is that of theory.h.
Overlay theory_overlay(const std::string& theory, const std::string& place,
                       const Prediction& prediction, const std::vector<double>& mean,
                       const std::vector<Interval>& intervals);

// Means over an axis and the line of the predicted slope through their midst; the deviation is what
// the measured slope has more than that. `log`: x and mean are logarithms, and the slope a power.
Overlay slope_overlay(const std::string& title, bool log, double measured, double predicted,
                      const std::vector<double>& x, const std::vector<double>& mean,
                      const std::vector<Interval>& intervals);

Json overlay_json(const Overlay& overlay);

}  // namespace norma
