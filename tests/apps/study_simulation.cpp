#include "tests/apps/study_simulation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/statistics/descriptive.h"
#include "apps/statistics/selection.h"
#include "core/rng.h"

namespace norma {
namespace {

using World = SimulatedWorld;
using ScoresBySeed = std::vector<double>;  // [seed]

// One study as it runs: the place of the best rate on the grid is its own.
class RunningStudy {
 public:
  RunningStudy(const SimulatedDesign& design, uint32_t number)
      : design_(design),
        random_(RandomStream(1, stable_hash(design.name), number)),
        best_rate_(World::kRates / 2 + random_.uniform() - 0.5) {}

  // The luck that all runs of a seed share, for as many new seeds.
  ScoresBySeed new_seeds(int count) {
    ScoresBySeed shared(static_cast<size_t>(count));
    for (double& luck : shared) luck = World::kDeviation * std::sqrt(0.5) * unit_luck();
    return shared;
  }

  ArmScores run(const SimulatedArm& arm, int rate, const ScoresBySeed& shared) {
    ArmScores runs;
    for (const double luck : shared) {
      const double own = World::kDeviation * std::sqrt(0.5) * arm.own * unit_luck();
      const bool diverged =
          beyond_edge(arm, rate) || (arm.diverges > 0 && random_.uniform() < arm.diverges);
      const double score = diverged ? World::kAtInitialization : loss(arm, rate) + luck + own;
      runs.scores.push_back(std::min(score, World::kAtInitialization));
      runs.diverged.push_back(diverged);
    }
    return runs;
  }

  // scores[rate][seed]
  std::vector<ScoresBySeed> run_grid(const SimulatedArm& arm, const ScoresBySeed& shared) {
    std::vector<ScoresBySeed> scores;
    for (int rate = 0; rate < World::kRates; ++rate)
      scores.push_back(run(arm, rate, shared).scores);
    return scores;
  }

  // The best rate by the tuning seeds, or the better of the best two by these and `further` ones.
  int tuned_rate(const SimulatedArm& arm, const ScoresBySeed& tuning, const ScoresBySeed& further) {
    std::vector<ScoresBySeed> scores = run_grid(arm, tuning);
    if (further.empty()) return static_cast<int>(best_point(scores));
    std::vector<ScoresBySeed> of_two;
    const std::array<size_t, 2> finalists = best_two_points(scores);
    for (const size_t rate : finalists) {
      const ScoresBySeed more = run(arm, static_cast<int>(rate), further).scores;
      of_two.push_back(scores[rate]);
      of_two.back().insert(of_two.back().end(), more.begin(), more.end());
    }
    return static_cast<int>(finalists[best_point(of_two)]);
  }

  // That ordinary luck would take a score up to the one at initialization, 100 deviations and more,
  // is too rare to count.
  double truth(const SimulatedArm& arm, int rate) const {
    if (beyond_edge(arm, rate)) return World::kAtInitialization;
    return arm.diverges * World::kAtInitialization + (1 - arm.diverges) * loss(arm, rate);
  }
  double loss(const SimulatedArm& arm, int rate) const {
    const double off = distance(arm, rate);
    return arm.level * (World::kLoss + design_.bend * off * off);
  }

 private:
  double distance(const SimulatedArm& arm, int rate) const {
    return (rate - arm.steps) - best_rate_;
  }
  bool beyond_edge(const SimulatedArm& arm, int rate) const {
    return distance(arm, rate) > World::kEdge;
  }
  // Mean 0, deviation 1.
  double unit_luck() {
    const double normal = random_.normal();
    if (!design_.log_normal) return normal;
    return (std::exp(normal) - std::exp(0.5)) / std::sqrt((std::exp(1.0) - 1) * std::exp(1.0));
  }

  const SimulatedDesign& design_;
  RandomSequence random_;
  double best_rate_;
};

}  // namespace

SimulatedStudy simulated_study(const SimulatedDesign& design, uint32_t number) {
  RunningStudy running(design, number);
  const ScoresBySeed tuning = running.new_seeds(design.tuning_seeds);
  const ScoresBySeed fresh = running.new_seeds(design.seeds);
  const ScoresBySeed further = running.new_seeds(design.run_off);
  SimulatedStudy study;
  for (const SimulatedArm& arm : design.arms) {
    const int rate = running.tuned_rate(arm, tuning, further);
    study.arms.push_back(
        running.run(arm, rate, design.paired ? fresh : running.new_seeds(design.seeds)));
    study.arms.back().arm = std::to_string(study.truth.size());
    study.truth.push_back(running.truth(arm, rate));
    study.trained.push_back(running.loss(arm, rate));
  }
  return study;
}

SelectionBias simulated_selection_bias(const SimulatedDesign& design, uint32_t number) {
  RunningStudy running(design, number);
  const ScoresBySeed seeds = running.new_seeds(design.seeds);
  SelectionBias bias;
  for (const SimulatedArm& arm : design.arms) {
    const std::vector<ScoresBySeed> scores = running.run_grid(arm, seeds);
    const size_t best = best_point(scores);
    const double too_low = running.truth(arm, static_cast<int>(best)) - mean_of(scores[best]);
    bias.of_mean.push_back(too_low / seed_deviation(arm));
    double of_best_run = 0, lowest = World::kAtInitialization;
    for (int rate = 0; rate < World::kRates; ++rate) {
      for (const double score : scores[static_cast<size_t>(rate)]) {
        if (score >= lowest) continue;
        lowest = score;
        of_best_run = running.truth(arm, rate) - score;
      }
    }
    bias.of_best_run.push_back(of_best_run / seed_deviation(arm));
  }
  return bias;
}

double seed_deviation(const SimulatedArm& arm) {
  return SimulatedWorld::kDeviation * std::sqrt(0.5 + 0.5 * arm.own * arm.own);
}

}  // namespace norma
