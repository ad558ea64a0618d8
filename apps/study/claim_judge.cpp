#include <algorithm>
#include <cmath>

#include "apps/common/human.h"
#include "apps/gauges/theory.h"
#include "apps/statistics/t_tests.h"
#include "apps/statistics/trend.h"
#include "apps/study/claim_test.h"
#include "apps/study/report_data.h"

namespace norma {
namespace {

std::string number(double value) { return formatted("%.4g", value); }

const std::vector<double>& scores_of(const std::vector<ArmRuns>& runs, const std::string& arm) {
  static const std::vector<double> none;
  for (const ArmRuns& each : runs)
    if (each.scores.arm == arm) return each.scores.scores;
  return none;
}

// Judges one test.
class ClaimJudge {
 public:
  ClaimJudge(const Study& study, const std::vector<ArmRuns>& runs, ClaimTest test)
      : study_(study),
        runs_(runs),
        test_(std::move(test)),
        metric_(study.metric.name(Split::kTest)) {}

  ClaimOutcome run() {
    if (test_.type == "equivalent") equivalent();
    if (test_.type == "greater") greater();
    if (test_.type == "trend") trend_of_seeds();
    if (test_.type == "slope") slope();
    if (test_.type == "theory") theory();
    outcome_.sentence = outcome_.test + ": " + name_of(outcome_.verdict) +
                        (detail_.empty() ? "" : ", " + detail_) + ".";
    return outcome_;
  }

 private:
  // The runs of arms that `where` picks, with their place on the axis, in the axis' order.
  struct Series {
    std::vector<double> x;
    std::vector<std::vector<double>> scores;
    std::vector<const ArmRuns*> runs;
  };

  bool picked(const Arm& arm) const {
    for (const auto& [path, value] : test_.where.items()) {
      const auto name = arm.names.find(path);
      const auto numeric = arm.numbers.find(path);
      const bool same = value.is_number()
                            ? numeric != arm.numbers.end() && numeric->second == value.get<double>()
                            : name != arm.names.end() && value.is_string() &&
                                  name->second == value.get<std::string>();
      if (!same) return false;
    }
    return true;
  }

  std::string place() const {
    std::string text;
    for (const auto& [path, value] : test_.where.items())
      text += (text.empty() ? " where " : " and ") + path + " is " +
              (value.is_string() ? value.get<std::string>() : json_line(value));
    return text;
  }

  // False, and the outcome stays "not run", where an arm has no result yet.
  bool collect(Series& series) {
    for (const Arm& arm : study_.arms) {
      if (!picked(arm)) continue;
      const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const ArmRuns& runs) {
        return runs.scores.arm == arm.name;
      });
      if (found == runs_.end()) return false;
      const auto at = arm.numbers.find(test_.over);
      if (test_.type != "theory") {
        if (at == arm.numbers.end()) continue;  // a reference line beside the axis
        series.x.push_back(test_.log ? std::log(at->second) : at->second);
      }
      series.scores.push_back(found->scores.scores);
      if (test_.log)
        for (double& score : series.scores.back()) score = std::log(score);
      series.runs.push_back(&*found);
    }
    return !series.runs.empty();
  }

  bool have(const std::vector<double>& scores) {
    if (scores.size() >= 3) return true;
    if (!scores.empty()) detail_ = "three or more seeds are needed";
    return false;
  }

  void put(double estimate, const Interval& interval, double confidence,
           const std::string& threshold) {
    outcome_.estimate = estimate;
    outcome_.interval = interval;
    const std::string level = number(100 * confidence) + " % interval";
    outcome_.threshold = threshold + " (" + level + ")";
    detail_ = number(estimate) + " (" + level + " " + number(interval.low) + " to " +
              number(interval.high) + "), wanted " + threshold;
  }

  // The shared judgement of tests that want an interval on one side of a threshold or within two.
  void decide(bool inside, bool outside) {
    outcome_.verdict = inside    ? ClaimVerdict::kPass
                       : outside ? ClaimVerdict::kFail
                                 : ClaimVerdict::kInconclusive;
  }

  // Of the interval whose ends are one-sided tests: 90 % leaves 5 % on each side.
  double one_sided() const { return 1 - 2 * (1 - study_.confidence); }

  std::optional<TTest> difference() {
    const auto &x = scores_of(runs_, test_.arm), &y = scores_of(runs_, test_.other);
    if (!have(x) || !have(y)) return std::nullopt;
    return study_.paired ? paired_t_test(x, y, one_sided()) : welch_t_test(x, y, one_sided());
  }

  void equivalent() {
    outcome_.test = test_.arm + " equivalent to " + test_.other + " in " + metric_;
    const auto test = difference();
    if (!test) return;
    double mean = 0;
    const auto& scores = scores_of(runs_, test_.other);
    for (const double each : scores) mean += each / static_cast<double>(scores.size());
    const double margin = test_.margin * std::fabs(mean);
    put(test->difference, test->interval, one_sided(), "within ±" + number(margin));
    decide(equivalence_p(*test, margin) <= 1 - study_.confidence,
           test->interval.low > margin || test->interval.high < -margin);
  }

  void greater() {
    outcome_.test = metric_ + " of " + test_.arm + " greater than that of " + test_.other;
    const auto test = difference();
    if (!test) return;
    put(test->difference, test->interval, one_sided(), "above " + number(test_.by));
    decide(greater_p(*test, test_.by) <= 1 - study_.confidence, test->interval.high < test_.by);
  }

  void trend_of_seeds() {
    outcome_.test = "trend of " + metric_ + " over " + (test_.log ? "the logarithm of " : "") +
                    test_.over + place();
    Series series;
    const bool log = test_.log;  // of the axis alone: scores of a trend stay as they are
    test_.log = false;
    const bool known = collect(series);
    test_.log = log;
    if (!known || !have(series.scores[0])) return;
    if (log)
      for (double& x : series.x) x = std::log(x);
    const Trend found = trend(series.x, series.scores, one_sided());
    const bool rising = test_.sign > 0;
    put(found.slope.mean, found.slope.interval, one_sided(), rising ? "above 0" : "below 0");
    decide(rising ? found.slope.interval.low > 0 : found.slope.interval.high < 0,
           rising ? found.slope.interval.high < 0 : found.slope.interval.low > 0);
  }

  void slope() {
    outcome_.test = std::string(test_.log ? "log-log slope" : "slope") + " of " + metric_ +
                    " over " + test_.over + place();
    Series series;
    if (!collect(series) || !have(series.scores[0])) return;
    const Trend found = trend(series.x, series.scores, study_.confidence);
    const Interval& interval = found.slope.interval;
    draw(series, found.slope.mean);
    put(found.slope.mean, interval, study_.confidence,
        number(test_.low) + " to " + number(test_.high));
    decide(interval.low >= test_.low && interval.high <= test_.high,
           interval.high < test_.low || interval.low > test_.high);
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
          overlay.why_not = prediction(test_.assumes, runs->scores.arm).why_not;
    outcome_.overlays.push_back(std::move(overlay));
  }

  void theory() {
    outcome_.test = metric_ + " as " + test_.theory + " predicts" + place();
    outcome_.threshold = "intervals at most " + number(100 * test_.tolerance) + " % beyond";
    Series series;
    if (!collect(series)) return;
    outcome_.verdict = ClaimVerdict::kPass;
    for (const ArmRuns* runs : series.runs) {
      const ClaimVerdict verdict = agreement(*runs);
      if (worse(verdict, outcome_.verdict)) outcome_.verdict = verdict;
    }
  }

  static bool worse(ClaimVerdict a, ClaimVerdict b) {
    return std::ranges::find(kWorstFirst, a) < std::ranges::find(kWorstFirst, b);
  }

  // Whether an arm's readings agree with the theory; the outcome's words are those of the arm that
  // lies farthest from it, or to which it does not apply.
  ClaimVerdict agreement(const ArmRuns& runs) {
    const Prediction predicted = prediction(test_.theory, runs.scores.arm);
    std::vector<double> means;
    std::vector<Interval> intervals;
    for (size_t depth = 0; depth < predicted.low.size(); ++depth) {
      std::vector<double> readings;
      for (const Json* result : runs.results)
        readings.push_back(result->at("readings").at(depth).get<double>());
      if (!have(readings)) return ClaimVerdict::kNotRun;
      const MeanEstimate mean = mean_estimate(readings, study_.confidence);
      means.push_back(mean.mean);
      intervals.push_back(mean.interval);
    }
    outcome_.overlays.push_back(
        theory_overlay(test_.theory, " where " + runs.scores.arm, predicted, means, intervals));
    const Agreement found = norma::judge(predicted, intervals, test_.tolerance);
    if (found == Agreement::kDoesNotApply) {
      detail_ = "the theory " + predicted.why_not;
      return ClaimVerdict::kNotRun;
    }
    const double here = deviation(predicted, means);
    if (outcome_.verdict != ClaimVerdict::kNotRun &&
        (!outcome_.estimate || here > *outcome_.estimate)) {
      outcome_.estimate = here;
      detail_ = "the mean readings lie up to " + number(100 * here) +
                " % of a bound beyond it, wanted " + outcome_.threshold;
    }
    return found == Agreement::kHolds      ? ClaimVerdict::kPass
           : found == Agreement::kViolated ? ClaimVerdict::kFail
                                           : ClaimVerdict::kInconclusive;
  }

  Prediction prediction(const std::string& theory, const std::string& arm) const {
    const Json config = with_settings(study_.arm(arm).config, {{"train.seed", study_.first_seed}});
    Training training(read_run_config(config, "arm " + arm, {}, nullptr));
    return predict(theory, training);
  }

  const Study& study_;
  const std::vector<ArmRuns>& runs_;
  ClaimTest test_;
  const std::string metric_;
  ClaimOutcome outcome_;
  std::string detail_;
};

}  // namespace

std::vector<ClaimOutcome> judge_claim(const Study& study, const std::vector<ArmRuns>& runs) {
  std::vector<ClaimOutcome> outcomes;
  Findings checked;  // when the study was read
  const Json& tests = study.claim.at("tests");
  for (const Json& given : tests)
    outcomes.push_back(ClaimJudge(study, runs, read_test(checked, given, "claim.tests")).run());
  return outcomes;
}

}  // namespace norma
