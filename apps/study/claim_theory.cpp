#include "apps/study/claim_theory.h"

#include <algorithm>
#include <cmath>

#include "apps/common/human.h"
#include "apps/gauges/theory.h"

namespace norma {
namespace {

// One arm that the test picks: what is predicted, and what was read, by block and seed.
struct TheoryArm {
  std::string name;
  Prediction predicted;
  std::vector<std::vector<double>> readings;
};

// The readings of a result; empty where it has none, or one that is no number.
std::vector<double> readings_of(const Json& result) {
  std::vector<double> all;
  for (const Json& each : result.value("readings", Json::array())) {
    if (!each.is_number() || !std::isfinite(each.get<double>())) return {};
    all.push_back(each.get<double>());
  }
  return all;
}

class TheoryJudge {
 public:
  TheoryJudge(const Study& study, const std::vector<ArmRuns>& runs, const ClaimTest& test)
      : study_(study), runs_(runs), test_(test) {}

  ClaimOutcome run() {
    outcome_.test =
        study_.metric.name(Split::kTest) + " as " + test_.theory + " predicts" + test_.place();
    outcome_.threshold =
        "at most " + formatted("%.4g", test_.tolerance) + " beyond (" + level() + ")";
    for (const Arm& arm : study_.arms)
      if (test_.picks(arm)) read(arm);
    if (!arms_.empty()) judge_arms();
    outcome_.sentence = outcome_.test + ": " + name_of(outcome_.verdict) + detail() + ".";
    return std::move(outcome_);
  }

 private:
  std::string level() const { return formatted("%.4g", 100 * study_.confidence) + " % interval"; }

  // Takes an arm in where it can be judged; says else why it cannot.
  void read(const Arm& arm) {
    const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const ArmRuns& runs) {
      return runs.scores.arm == arm.name;
    });
    if (found == runs_.end()) return lack(arm.name + " has not run");
    TheoryArm made{arm.name, prediction_of(study_, test_.theory, arm.name), {}};
    if (!made.predicted.applies()) {
      outcome_.overlays.push_back(
          theory_overlay(test_.theory, " where " + arm.name, made.predicted, {}, {}));
      return lack("the theory " + made.predicted.why_not);
    }
    made.readings.resize(made.predicted.low.size());
    size_t missing = 0;
    for (const Json* result : found->results) {
      const std::vector<double> readings = readings_of(*result);
      missing += readings.empty();
      for (size_t block = 0; block < readings.size() && block < made.readings.size(); ++block)
        made.readings[block].push_back(readings[block]);
    }
    if (missing > 0)
      return lack(std::to_string(missing) + " of " + std::to_string(found->results.size()) +
                  " runs of " + arm.name + " have no readings that are numbers");
    if (found->results.size() < 3) return lack("three or more seeds are needed");
    arms_.push_back(std::move(made));
  }

  void lack(const std::string& what) {
    if (lacking_.empty()) lacking_ = what;
  }

  void judge_arms() {
    double blocks = 0;
    for (const TheoryArm& arm : arms_) blocks += static_cast<double>(arm.readings.size());
    double worst = 0;
    Interval range;
    for (const TheoryArm& arm : arms_) {
      std::vector<double> means;
      std::vector<Interval> intervals, wider;
      for (const std::vector<double>& readings : arm.readings) {
        const MeanEstimate mean = mean_estimate(readings, study_.confidence);
        means.push_back(mean.mean);
        intervals.push_back(mean.interval);
        wider.push_back(mean_estimate(readings, 1 - (1 - study_.confidence) / blocks).interval);
      }
      outcome_.overlays.push_back(
          theory_overlay(test_.theory, " where " + arm.name, arm.predicted, means, intervals));
      worst = std::max(worst, deviation(arm.predicted, means));
      range.low = std::max(range.low, deviation_range(arm.predicted, wider).low);
      range.high = std::max(range.high, deviation_range(arm.predicted, intervals).high);
    }
    outcome_.estimate = worst;
    outcome_.interval = range;
    const bool known = lacking_.empty();
    outcome_.verdict = range.low > test_.tolerance     ? ClaimVerdict::kFail
                       : !known                        ? ClaimVerdict::kNotRun
                       : range.high <= test_.tolerance ? ClaimVerdict::kPass
                                                       : ClaimVerdict::kInconclusive;
  }

  std::string detail() const {
    std::string text;
    const auto percent = [](double share) { return formatted("%.3g", 100 * share); };
    if (outcome_.estimate)
      text = ", the mean readings lie up to " + percent(*outcome_.estimate) +
             " % beyond the prediction (" + level() + " " + percent(outcome_.interval->low) +
             " to " + percent(outcome_.interval->high) + " %), wanted at most " +
             percent(test_.tolerance) + " %";
    return text + (lacking_.empty() ? "" : (text.empty() ? ", " : "; ") + lacking_);
  }

  const Study& study_;
  const std::vector<ArmRuns>& runs_;
  const ClaimTest& test_;
  std::vector<TheoryArm> arms_;
  std::string lacking_;  // the first reason for which an arm cannot be judged
  ClaimOutcome outcome_;
};

}  // namespace

ClaimOutcome judge_theory(const Study& study, const std::vector<ArmRuns>& runs,
                          const ClaimTest& test) {
  return TheoryJudge(study, runs, test).run();
}

Prediction prediction_of(const Study& study, const std::string& theory, const std::string& arm) {
  const Json config = with_settings(study.arm(arm).config, {{"train.seed", study.first_seed}});
  Training training(read_run_config(config, "arm " + arm, {}, nullptr));
  return predict(theory, training);
}

}  // namespace norma
