#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/statistics/verdict.h"

namespace norma {

// Whole studies whose truth is known: every arm is tuned on a grid of learning rates by tuning
// seeds, then run with fresh seeds at the rate chosen. A loss is a parabola over the logarithm of
// the rate plus the luck of the seed, which all arms and rates share, plus luck of its own; beyond
// an edge a run diverges and counts its value at initialization.

// Losses of a small language model, in nats: five rates from 1e-4 to 1e-1, 0.75 decades apart.
struct SimulatedWorld {
  static constexpr int kRates = 5;
  static constexpr double kLoss = 2;              // of the baseline at its best rate
  static constexpr double kAtInitialization = 4;  // of every arm
  static constexpr double kBend = 0.11;           // a step off the best rate costs this, mostly
  static constexpr double kEdge = 0.8;            // steps above the best rate: all beyond diverge
  static constexpr double kDeviation = 0.01;      // of seeds, half of its variance shared by arms
};

struct SimulatedArm {
  double level = 1;     // its loss in that of the baseline, at every distance from the best rate
  int steps = 0;        // its best rate lies as many steps of the grid above the baseline's
  double own = 1;       // deviation of its own luck, in that of the baseline
  double diverges = 0;  // chance of a run to diverge at any rate
};

struct SimulatedDesign {
  std::string name;
  std::vector<SimulatedArm> arms;  // the first is the baseline
  int seeds = 5, tuning_seeds = 1;
  int run_off = 0;          // further seeds for the two best rates
  bool log_normal = false;  // e to the power of a normal number, to the same mean and deviation
  bool paired = true;       // arms share the luck of a seed
  double bend = SimulatedWorld::kBend;
};

struct SimulatedStudy {
  std::vector<ArmScores> arms;  // of fresh seeds at the rates chosen
  std::vector<double> truth;    // true mean of each arm at that rate
  std::vector<double> trained;  // … of its runs that do not diverge
};

// Study `number` of a design: the same one whenever it is asked for.
SimulatedStudy simulated_study(const SimulatedDesign& design, uint32_t number);

// How much too low the reported score of each arm is, in deviations of its seeds, where as many
// seeds as the design has are tuned on and reported: the mean of those seeds at the rate chosen,
// and the best run of all.
struct SelectionBias {
  std::vector<double> of_mean, of_best_run;
};
SelectionBias simulated_selection_bias(const SimulatedDesign& design, uint32_t number);

// The deviation of an arm's scores from seed to seed.
double seed_deviation(const SimulatedArm& arm);

}  // namespace norma
