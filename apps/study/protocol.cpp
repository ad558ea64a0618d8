#include "apps/study/protocol.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "apps/statistics/selection.h"

namespace norma {
namespace {

// What a run counts in tuning that broke before it had a score. No figure of other trials, so that
// a choice does not depend on which of them are done.
constexpr double kWorst = 1e30;

// The tuning of one arm, as far as the results go.
class ArmTuning {
 public:
  ArmTuning(const Study& study, const std::string& arm, const TrialResults& results)
      : study_(study),
        arm_(arm),
        results_(results),
        options_(study.tuning.options_of(arm)),
        points_(study.tuning.points(arm)) {}

  // Adds the trials that are needed; the choice where all have their results.
  std::optional<Choice> run(std::vector<Trial>& trials) {
    if (points_.empty()) return Choice{};
    for (;;) {
      plan_points();
      const std::optional<size_t> leader =
          all_known(trials_) ? std::optional(best_point(scores())) : std::nullopt;
      if (leader && grow(*leader)) continue;
      const std::optional<size_t> winner = leader ? run_off(*leader) : std::nullopt;
      if (winner && grow(*winner)) continue;  // further seeds may move the best to an edge
      trials_.insert(trials_.end(), run_offs_.begin(), run_offs_.end());
      trials.insert(trials.end(), trials_.begin(), trials_.end());
      return winner ? std::optional(choice(*winner)) : std::nullopt;
    }
  }

 private:
  // Every point so far with each tuning seed, point by point.
  void plan_points() {
    for (; planned_ < points_.size(); ++planned_)
      for (const int64_t seed : study_.tuning_seeds())
        trials_.push_back(make_trial(study_, arm_, Phase::kTune, points_[planned_], seed));
  }

  bool all_known(const std::vector<Trial>& trials) const {
    return std::all_of(trials.begin(), trials.end(),
                       [&](const Trial& trial) { return results_.contains(trial.id); });
  }

  double score(const Trial& trial) const { return score_of(results_.at(trial.id), kWorst); }

  // By the tuning seeds: [point][seed].
  std::vector<std::vector<double>> scores() const {
    std::vector<std::vector<double>> all(points_.size());
    const size_t seeds = static_cast<size_t>(study_.tuning.seeds);
    for (size_t i = 0; i < points_.size() * seeds; ++i) all[i / seeds].push_back(score(trials_[i]));
    return all;
  }

  // Gives the two best points further seeds; the better by all its seeds, nothing while results are
  // missing.
  std::optional<size_t> run_off(size_t leader) {
    if (study_.tuning.run_off == 0 || points_.size() < 2) return leader;
    std::vector<std::vector<double>> all = scores();
    std::vector<std::vector<double>> of_two;
    const std::array<size_t, 2> finalists = best_two_points(all);
    bool known = true;
    for (const size_t point : finalists) {
      std::vector<Trial> further;
      for (const int64_t seed : study_.run_off_seeds())
        further.push_back(make_trial(study_, arm_, Phase::kTune, points_[point], seed));
      if (all_known(further))
        for (const Trial& trial : further) all[point].push_back(score(trial));
      else
        known = false;
      of_two.push_back(all[point]);
      if (already_run_off_.insert(point).second)
        run_offs_.insert(run_offs_.end(), further.begin(), further.end());
    }
    if (!known) return std::nullopt;
    return finalists[best_point(of_two)];
  }

  // The values that one option takes in the points so far, rising.
  std::vector<double> values(size_t option) const {
    std::set<double> all;
    for (const Point& point : points_) all.insert(point[option]);
    return {all.begin(), all.end()};
  }

  // Adds points beyond the edge at which this best one lies; false where it lies at none, or where
  // the grid may grow no more.
  bool grow(size_t best) {
    const std::string why = edge(best);
    if (why.empty() || extensions_ >= study_.tuning.extend || study_.tuning.sampler != "grid")
      return false;
    std::vector<std::vector<double>> axes;
    for (size_t i = 0; i < options_.size(); ++i) axes.push_back(values(i));
    axes[edge_option_] = {*beyond(options_[edge_option_], axes[edge_option_], edge_upwards_)};
    for (Point& point : grid(axes)) points_.push_back(std::move(point));
    ++extensions_;
    return true;
  }

  // Says at which edge a point lies; empty: at none.
  std::string edge(size_t point) {
    const Point& best = points_[point];
    for (size_t i = 0; i < options_.size(); ++i) {
      const std::vector<double> all = values(i);
      if (all.size() < 2) continue;
      // Points of no grid lie at an edge where they are as near to it as the outermost are.
      const size_t near = study_.tuning.sampler == "grid" ? 1 : 1 + all.size() / 20;
      edge_option_ = i;
      edge_upwards_ = best[i] >= all[all.size() - near];
      const bool outermost = edge_upwards_ || best[i] <= all[near - 1];
      // A weight decay of 0 is the lowest there is.
      if (outermost && beyond(options_[i], all, edge_upwards_))
        return "the best " + options_[i].path + ", " + format_number(best[i]) + ", is the " +
               (edge_upwards_ ? "highest" : "lowest") + " that was tried";
    }
    return "";
  }

  Choice choice(size_t winner) {
    const bool none = std::all_of(trials_.begin(), trials_.end(), [&](const Trial& trial) {
      return has_diverged(results_.at(trial.id));
    });
    return {points_[winner], none ? "every run of the tuning diverged" : edge(winner),
            static_cast<int64_t>(trials_.size())};
  }

  const Study& study_;
  const std::string& arm_;
  const TrialResults& results_;
  const std::vector<Axis>& options_;
  std::vector<Point> points_;
  size_t planned_ = 0;  // points whose trials are in trials_
  int64_t extensions_ = 0;
  std::vector<Trial> trials_;         // of the points, in order
  std::vector<Trial> run_offs_;       // of the points that came into a run-off
  std::set<size_t> already_run_off_;  // which are these
  size_t edge_option_ = 0;
  bool edge_upwards_ = false;
};

// Successive halving: arms and their points, all together.
class Halvings {
 public:
  Halvings(const Study& study, const TrialResults& results) : study_(study), results_(results) {
    for (const Arm& arm : study.arms) {
      const std::vector<Point> points = study.tuning.points(arm.name);
      for (const Point& point : points) going_.push_back({arm.name, point});
    }
  }

  void run(Plan& plan) {
    for (const int64_t rung : study_.tuning.halving->rungs) {
      std::vector<Trial> trials;
      for (const Candidate& each : going_)
        for (const int64_t seed : study_.tuning_seeds())
          trials.push_back(make_trial(study_, each.arm, Phase::kRung, each.point, seed, rung));
      plan.trials.insert(plan.trials.end(), trials.begin(), trials.end());
      for (const Trial& trial : trials)
        if (!results_.contains(trial.id)) return;
      halve(trials);
    }
    plan.complete = true;
  }

 private:
  struct Candidate {
    std::string arm;
    Point point;
    double score = 0;
  };

  void halve(const std::vector<Trial>& trials) {
    const size_t seeds = static_cast<size_t>(study_.tuning.seeds);
    for (Candidate& each : going_) each.score = 0;
    for (size_t i = 0; i < trials.size(); ++i)
      going_[i / seeds].score += score_of(results_.at(trials[i].id), kWorst);
    std::stable_sort(going_.begin(), going_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
    const double kept = study_.tuning.halving->keep * static_cast<double>(going_.size());
    going_.resize(std::max<size_t>(1, static_cast<size_t>(std::ceil(kept))));
  }

  const Study& study_;
  const TrialResults& results_;
  std::vector<Candidate> going_;
};

}  // namespace

std::vector<Trial> Plan::missing(const TrialResults& results) const {
  std::vector<Trial> all;
  for (const Trial& trial : trials)
    if (!results.contains(trial.id)) all.push_back(trial);
  return all;
}

Plan plan_of(const Study& study, const TrialResults& results) {
  Plan plan;
  if (study.tuning.halving) {
    Halvings(study, results).run(plan);
    return plan;
  }
  std::vector<Trial> verdict;
  for (const Arm& arm : study.arms)
    if (const auto choice = ArmTuning(study, arm.name, results).run(plan.trials))
      plan.chosen[arm.name] = *choice;
  for (const Arm& arm : study.arms) {
    const auto choice = plan.chosen.find(arm.name);
    if (choice == plan.chosen.end()) continue;
    // Models are attacked by images of the baseline, which must be known then.
    if (study.transfer && !plan.chosen.contains(study.baseline)) continue;
    for (const int64_t seed : study.verdict_seeds())
      verdict.push_back(make_trial(study, arm.name, Phase::kVerdict, choice->second.point, seed));
  }
  plan.trials.insert(plan.trials.end(), verdict.begin(), verdict.end());
  plan.complete = plan.chosen.size() == study.arms.size() && plan.missing(results).empty();
  return plan;
}

double steps_left(const Study& study, const Plan& plan, const TrialResults& results) {
  double steps = 0;
  std::map<std::string, double> of_arm;
  for (const Arm& arm : study.arms)
    of_arm[arm.name] = static_cast<double>(
        read_run_config(arm.config, "arm " + arm.name, {}, nullptr).train.steps);
  for (const Trial& trial : plan.missing(results))
    steps += trial.rung > 0 ? static_cast<double>(trial.rung) : of_arm[trial.arm];
  if (!study.tuning.halving)
    for (const Arm& arm : study.arms)
      if (!plan.chosen.contains(arm.name))
        steps += of_arm[arm.name] * static_cast<double>(study.seeds);
  return steps;
}

double score_of(const Json& result, double fallback) {
  const auto score = result.find("score");
  return score != result.end() && score->is_number() ? score->get<double>() : fallback;
}

double worst_initial(const TrialResults& results) {
  double worst = 0;
  for (const auto& [id, result] : results)
    if (const auto initial = result.find("initial");
        initial != result.end() && initial->is_number())
      worst = std::max(worst, initial->get<double>());
  return worst;
}

bool has_diverged(const Json& result) { return result.at("status") != "finished"; }

}  // namespace norma
