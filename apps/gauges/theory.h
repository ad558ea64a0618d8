#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/statistics/interval.h"
#include "apps/trainer/training.h"
#include "core/config/registry.h"

namespace norma {

// What a theory says of a gauge, one number a block: the expectation over initial weights and
// inputs lies from `low` to `high`, which are equal where it names a value.
struct Prediction {
  std::vector<double> low, high;
  // "does not apply, because …", with every assumption that is not met; then there are no numbers.
  std::string why_not;
  bool applies() const { return why_not.empty(); }
};

struct TheoryType {
  std::string gauge;      // what it predicts
  std::string statement;  // the formula
  Prediction (*predict)(Training& training);
};
Registry<TheoryType>& theory_registry();

// What a theory says of a training that has not begun. Assumptions that follow from values (what
// enters the first block, what norms leave) are measured over a batch. An Error names the nearest
// theory to an unknown name.
Prediction predict(const std::string& theory, Training& training);

// How far measured numbers lie outside what was predicted, as a share of the nearer bound, at the
// worst block: 0 inside.
double deviation(const Prediction& prediction, std::span<const double> measured);

enum class Agreement { kHolds, kViolated, kUndecided, kDoesNotApply };
const char* name_of(Agreement agreement);  // "holds", "does not apply" …

// Judges a prediction by confidence intervals of the expectation, one a block. Each bound gives way
// by `tolerance`, a share of it. It holds where every interval lies inside the bounds and is
// violated where one lies outside. Throws an Error where the numbers of blocks differ.
Agreement judge(const Prediction& prediction, std::span<const Interval> measured, double tolerance);

// Registers a theory at program start.
struct RegisterTheory {
  RegisterTheory(const char* name, const char* summary, const char* source, const TheoryType& type);
};

}  // namespace norma
