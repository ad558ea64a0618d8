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

// The range that the deviation of expectations has which lie anywhere in these intervals, one a
// block: from what the worst block lies outside at least to what it may lie. Without an upper end
// where a number is none. Throws an Error where the numbers of blocks differ.
Interval deviation_range(const Prediction& prediction, std::span<const Interval> measured);

// Registers a theory at program start.
struct RegisterTheory {
  RegisterTheory(const char* name, const char* summary, const char* source, const TheoryType& type);
};

}  // namespace norma
