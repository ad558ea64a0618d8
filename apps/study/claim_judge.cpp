#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/common/human.h"
#include "apps/statistics/descriptive.h"
#include "apps/statistics/t_tests.h"
#include "apps/statistics/trend.h"
#include "apps/study/claim_theory.h"

namespace norma {
namespace {

constexpr double kNoBound = std::numeric_limits<double>::infinity();

std::string number(double value) { return formatted("%.4g", value); }

// What diverged runs leave open of an estimate that is linear in the scores. Such a run counts with
// its value at initialization, and had more: the truth lies on the side that its weight says. Of a
// run without any score nothing is known.
class Divergence {
 public:
  void see(const ArmRuns& runs, double weight) {
    for (size_t i = 0; i < runs.results.size(); ++i) {
      ++runs_;
      if (!runs.scores.diverged[i]) continue;
      ++diverged_;
      const bool bounded = std::isfinite(score_of(*runs.results[i], kNoBound));
      open_above_ = open_above_ || weight > 0 || !bounded;
      open_below_ = open_below_ || weight < 0 || !bounded;
    }
  }

  Interval opened(const Interval& interval) const {
    return {open_below_ ? -kNoBound : interval.low, open_above_ ? kNoBound : interval.high};
  }

  // Empty where none did.
  std::string words() const {
    if (diverged_ == 0) return "";
    return std::to_string(diverged_) + " of " + std::to_string(runs_) +
           " runs diverged and count as at initialization, with less than they had";
  }

 private:
  int runs_ = 0, diverged_ = 0;
  bool open_above_ = false, open_below_ = false;
};

// Judges one test of differences or trends.
class ClaimJudge {
 public:
  ClaimJudge(const Study& study, const std::vector<ArmRuns>& runs, const ClaimTest& test)
      : study_(study), runs_(runs), test_(test), metric_(study.metric.name(Split::kTest)) {}

  ClaimOutcome run() {
    if (test_.type == "equivalent") equivalent();
    if (test_.type == "greater") greater();
    if (test_.type == "trend") trend_of_seeds();
    if (test_.type == "slope") slope();
    outcome_.sentence = outcome_.test + ": " + name_of(outcome_.verdict) +
                        (detail_.empty() ? "" : ", " + detail_) + ".";
    return std::move(outcome_);
  }

 private:
  // The runs of arms that `where` picks, with their place on the axis, in the axis' order.
  struct Series {
    std::vector<double> x;
    std::vector<std::vector<double>> scores;
    std::vector<const ArmRuns*> runs;
  };

  const ArmRuns* runs_of(const std::string& arm) const {
    const auto found = std::find_if(runs_.begin(), runs_.end(),
                                    [&](const ArmRuns& runs) { return runs.scores.arm == arm; });
    return found == runs_.end() ? nullptr : &*found;
  }

  // False, and the outcome stays "not run", where an arm has no result yet. Scores are those of
  // logarithms where the test asks for powers.
  bool collect(Series& series, bool log_scores) {
    for (const Arm& arm : study_.arms) {
      const auto at = arm.numbers.find(test_.over);
      if (!test_.picks(arm) || at == arm.numbers.end()) continue;  // a reference line beside it
      const ArmRuns* runs = runs_of(arm.name);
      if (!runs || !enough(*runs)) return false;
      series.x.push_back(test_.log ? std::log(at->second) : at->second);
      series.scores.push_back(runs->scores.scores);
      series.runs.push_back(runs);
      for (double& score : series.scores.back()) {
        if (log_scores && score <= 0) {
          detail_ = "a score of " + number(score) + " has no logarithm";
          return false;
        }
        if (log_scores) score = std::log(score);
      }
    }
    // The weight of an arm in a slope is how far it lies from the midst.
    const double middle = mean_of(series.x);
    for (size_t i = 0; i < series.runs.size(); ++i)
      divergence_.see(*series.runs[i], series.x[i] - middle);
    return true;
  }

  bool enough(const ArmRuns& runs) {
    if (runs.results.size() >= 3) return true;
    detail_ = "three or more seeds are needed";
    return false;
  }

  // Keeps an estimate and judges it: it passes where its interval lies inside what is wanted, fails
  // where it lies outside. Beyond a bound of infinity there is no outside.
  void judge_by(double estimate, const Interval& interval, double confidence,
                const Interval& wanted, const std::string& threshold) {
    const std::string level = number(100 * confidence) + " % interval";
    outcome_.estimate = estimate;
    outcome_.interval = interval;
    outcome_.threshold = threshold + " (" + level + ")";
    const std::string diverged = divergence_.words();
    detail_ = number(estimate) + " (" + level + " " + number(interval.low) + " to " +
              number(interval.high) + "), wanted " + threshold +
              (diverged.empty() ? "" : "; " + diverged);
    const Interval known = divergence_.opened(interval);
    const bool inside = (wanted.low == -kNoBound || known.low > wanted.low) &&
                        (wanted.high == kNoBound || known.high < wanted.high);
    const bool outside = known.high < wanted.low || known.low > wanted.high;
    outcome_.verdict = inside    ? ClaimVerdict::kPass
                       : outside ? ClaimVerdict::kFail
                                 : ClaimVerdict::kInconclusive;
  }

  // Of an interval whose ends are one-sided tests: 90 % leaves 5 % on each side.
  double one_sided() const { return 1 - 2 * (1 - study_.confidence); }

  std::optional<TTest> difference() {
    const ArmRuns *x = runs_of(test_.arm), *y = runs_of(test_.other);
    if (!x || !y || !enough(*x) || !enough(*y)) return std::nullopt;
    divergence_.see(*x, 1);
    divergence_.see(*y, -1);
    return test_of_arms(x->scores, y->scores, {study_.paired, one_sided(), study_.margin});
  }

  void equivalent() {
    outcome_.test = test_.arm + " equivalent to " + test_.other + " in " + metric_;
    const auto test = difference();
    if (!test) return;
    const double margin = test_.margin * std::fabs(mean_of(runs_of(test_.other)->scores.scores));
    judge_by(test->difference, test->interval, one_sided(), {-margin, margin},
             "within ±" + number(margin));
  }

  void greater() {
    outcome_.test = metric_ + " of " + test_.arm + " greater than that of " + test_.other;
    const auto test = difference();
    if (!test) return;
    judge_by(test->difference, test->interval, one_sided(), {test_.by, kNoBound},
             "above " + number(test_.by));
  }

  void trend_of_seeds() {
    outcome_.test = "trend of " + metric_ + " over " + (test_.log ? "the logarithm of " : "") +
                    test_.over + test_.place();
    Series series;
    if (!collect(series, false)) return;
    const MeanEstimate found = trend(series.x, series.scores, one_sided()).slope;
    const bool rising = test_.sign > 0;
    judge_by(found.mean, found.interval, one_sided(),
             rising ? Interval{0, kNoBound} : Interval{-kNoBound, 0},
             rising ? "above 0" : "below 0");
  }

  void slope() {
    outcome_.test = std::string(test_.log ? "log-log slope" : "slope") + " of " + metric_ +
                    " over " + test_.over + test_.place();
    Series series;
    if (!collect(series, test_.log)) return;
    const MeanEstimate found = trend(series.x, series.scores, study_.confidence).slope;
    draw(series, found.mean);
    judge_by(found.mean, found.interval, study_.confidence, {test_.low, test_.high},
             number(test_.low) + " to " + number(test_.high));
  }

  // A slope within two thresholds is predicted to be the one between them.
  void draw(const Series& series, double slope) {
    std::vector<double> means;
    std::vector<Interval> intervals;
    for (const std::vector<double>& scores : series.scores) {
      const MeanEstimate mean = mean_estimate(scores, study_.confidence);
      means.push_back(mean.mean);
      intervals.push_back(mean.interval);
    }
    Overlay overlay = slope_overlay(outcome_.test, test_.log, slope, (test_.low + test_.high) / 2,
                                    series.x, means, intervals);
    overlay.x_name = test_.over;
    overlay.y_name = metric_;
    if (!test_.assumes.empty())
      for (const ArmRuns* runs : series.runs)
        if (overlay.why_not.empty())
          overlay.why_not = prediction_of(study_, test_.assumes, runs->scores.arm).why_not;
    outcome_.overlays.push_back(std::move(overlay));
  }

  const Study& study_;
  const std::vector<ArmRuns>& runs_;
  const ClaimTest& test_;
  const std::string metric_;
  Divergence divergence_;
  ClaimOutcome outcome_;
  std::string detail_;
};

}  // namespace

std::vector<ClaimOutcome> judge_claim(const Study& study, const std::vector<ArmRuns>& runs) {
  std::vector<ClaimOutcome> outcomes;
  Findings checked;  // when the study was read
  for (const Json& given : study.claim.at("tests")) {
    const ClaimTest test = read_test(checked, given, "claim.tests");
    outcomes.push_back(test.type == "theory" ? judge_theory(study, runs, test)
                                             : ClaimJudge(study, runs, test).run());
  }
  return outcomes;
}

}  // namespace norma
