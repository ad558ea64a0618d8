#pragma once

#include <span>
#include <vector>

#include "apps/statistics/t_tests.h"

namespace norma {

// A straight line y = offset + slope·x fitted by least squares. Throws std::invalid_argument for
// fewer than two different x, or unequal counts.
struct Line {
  double slope = 0, offset = 0;
};
Line fit_line(std::span<const double> x, std::span<const double> y);

// Whether a score rises or falls with a numeric setting: a line for every seed over the settings,
// values[setting][seed] at x[setting]; its slopes are a sample of their own, judged by Student's t
// against 0. Seeds are the unit, so pairs across settings count as such. Throws
// std::invalid_argument for fewer than two seeds, or where settings differ in their count.
struct Trend {
  MeanEstimate slope;
  double p = 1;  // two-sided, of a slope of 0
};
Trend trend(std::span<const double> x, std::span<const std::vector<double>> values,
            double confidence = 0.95);

}  // namespace norma
