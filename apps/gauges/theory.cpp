#include "apps/gauges/theory.h"

#include <algorithm>

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

}  // namespace

double deviation(const Prediction& prediction, std::span<const double> measured) {
  check_blocks(prediction, measured.size());
  double worst = 0;
  for (size_t i = 0; i < measured.size(); ++i)
    worst = std::max(
        {worst, 1 - measured[i] / prediction.low[i], measured[i] / prediction.high[i] - 1});
  return worst;
}

const char* name_of(Agreement agreement) {
  switch (agreement) {
    case Agreement::kHolds:
      return "holds";
    case Agreement::kViolated:
      return "violated";
    case Agreement::kUndecided:
      return "undecided";
    case Agreement::kDoesNotApply:
      return "does not apply";
  }
  return "?";
}

Agreement judge(const Prediction& prediction, std::span<const Interval> measured,
                double tolerance) {
  if (!prediction.applies()) return Agreement::kDoesNotApply;
  check_blocks(prediction, measured.size());
  Agreement all = Agreement::kHolds;
  for (size_t i = 0; i < measured.size(); ++i) {
    const Interval band{prediction.low[i] * (1 - tolerance), prediction.high[i] * (1 + tolerance)};
    // Not a number counts as neither inside nor outside.
    if (measured[i].high < band.low || measured[i].low > band.high) return Agreement::kViolated;
    if (!(band.holds(measured[i].low) && band.holds(measured[i].high))) all = Agreement::kUndecided;
  }
  return all;
}

}  // namespace norma
