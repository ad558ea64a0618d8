#pragma once

#include <cstdint>
#include <vector>

#include "tests/apps/study_simulation.h"

namespace norma {

// What the verdicts of a design's studies came to, in percent. "Same" arms have exactly the truth
// of the baseline, at the rates that tuning chose for both.
struct StudyRates {
  std::vector<double> covered;  // by comparison: the interval holds the true difference
  double different = 0;         // studies that find a same arm different
  double tuned_apart = 0;       // … or one as good, which tuning gave a better or worse rate
  double equivalent = 0;        // studies that find a difference of the margin or more equivalent
  double power = 0;             // comparisons with a true difference that find it
};
StudyRates rates_of(const SimulatedDesign& design, uint32_t studies);

// Comparisons without a diverged run: how many there are, and how many of them hold the true
// difference of the runs that train.
struct TrainedShare {
  double of_all = 0, covered = 0;  // percent
};
TrainedShare trained_share(const SimulatedDesign& design, uint32_t studies);

}  // namespace norma
