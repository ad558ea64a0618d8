#include "apps/gauges/theory.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace norma {

Registry<TheoryType>& theory_registry() {
  static Registry<TheoryType> registry("theory");
  return registry;
}

RegisterTheory::RegisterTheory(const char* name, const char* summary, const char* source,
                               const TheoryType& type) {
  struct NoOptions {
    void describe(Fields&) {}
  };
  theory_registry().add({name, summary, source, describe_options<NoOptions>()}, type);
}

Prediction predict(const std::string& theory, Training& training) {
  return theory_registry().at(theory).predict(training);
}

namespace {

void check_blocks(const Prediction& prediction, size_t measured) {
  if (prediction.low.size() != measured)
    throw Error("a theory predicts " + std::to_string(prediction.low.size()) +
                " blocks, and there are numbers of " + std::to_string(measured));
}

// How far a number lies outside the bounds of a block; 0 inside.
double outside(const Prediction& prediction, size_t block, double number) {
  return std::max({0.0, 1 - number / prediction.low[block], number / prediction.high[block] - 1});
}

}  // namespace

double deviation(const Prediction& prediction, std::span<const double> measured) {
  check_blocks(prediction, measured.size());
  double worst = 0;
  for (size_t i = 0; i < measured.size(); ++i)
    worst = std::max(worst, outside(prediction, i, measured[i]));
  return worst;
}

Interval deviation_range(const Prediction& prediction, std::span<const Interval> measured) {
  check_blocks(prediction, measured.size());
  Interval range;
  for (size_t i = 0; i < measured.size(); ++i) {
    const auto [low, high] = measured[i];
    if (!std::isfinite(low) || !std::isfinite(high)) {
      range.high = std::numeric_limits<double>::infinity();
      continue;
    }
    const double at_low = outside(prediction, i, low), at_high = outside(prediction, i, high);
    range.high = std::max({range.high, at_low, at_high});
    const bool meets_bounds = low <= prediction.high[i] && high >= prediction.low[i];
    if (!meets_bounds) range.low = std::max(range.low, std::min(at_low, at_high));
  }
  return range;
}

}  // namespace norma
