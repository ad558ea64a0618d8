// Claims judged on runs whose scores are given: every kind of test with every verdict.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/study/report_data.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;
using Scores = std::vector<double>;

constexpr double kFailed = NAN;  // a run that has no score

// A study with one test, and what its arms' runs came to.
class JudgedClaim {
 public:
  JudgedClaim(const std::string& study, const std::string& test) {
    Json given = Json::parse(study);
    given["claim"] = {{"citation", "made up"}, {"published", "nothing"}};
    given["claim"]["tests"] = Json::array({Json::parse(test)});
    study_ = read_study(given, ".", "the study");
  }

  // Scores by seed of the next arm; those from `cut` on are of runs that diverged.
  JudgedClaim& arm(const Scores& scores, size_t cut = 99) {
    Kept& kept = arms_.emplace_back();
    for (size_t i = 0; i < scores.size(); ++i) {
      const bool failed = std::isnan(scores[i]);
      kept.results.push_back({{"status", failed ? "failed" : i < cut ? "finished" : "diverged"}});
      if (!failed) kept.results.back()["score"] = scores[i];
      kept.scores.scores.push_back(failed ? 1 : scores[i]);
      kept.scores.diverged.push_back(failed || i >= cut);
    }
    return *this;
  }
  // Readings by seed and block; an empty list is a run that failed.
  JudgedClaim& read(const std::vector<Scores>& seeds) {
    arm(Scores(seeds.size(), 1));
    for (size_t i = 0; i < seeds.size(); ++i)
      if (!seeds[i].empty()) arms_.back().results[i]["readings"] = seeds[i];
    return *this;
  }

  ClaimOutcome judged() const {
    std::vector<ArmRuns> runs;
    for (size_t i = 0; i < arms_.size(); ++i) {
      runs.push_back({arms_[i].scores, {}});
      runs.back().scores.arm = study_.arms[i].name;
      for (const Json& result : arms_[i].results) runs.back().results.push_back(&result);
    }
    return judge_claim(study_, runs).at(0);
  }
  std::string verdict() const { return name_of(judged().verdict); }
  std::string sentence() const { return judged().sentence; }

 private:
  struct Kept {
    ArmScores scores;
    std::vector<Json> results;
  };
  Study study_;
  std::vector<Kept> arms_;
};

JudgedClaim claim_of_two(const std::string& test) {
  return {R"({"base": {"model": "mlp", "data": "spirals"}, "arms": {"a": {}, "b": {}}})", test};
}

JudgedClaim claim_of_widths(const std::string& test) {
  return {R"({"base": {"model": "mlp", "data": "spirals"}, "vary": {"model.width": [8, 16, 32]},
              "arms": {"beside": {}}})",
          test};
}

const char* const kEquivalent = R"({"type": "equivalent", "arm": "a", "to": "b", "margin": 0.01})";
const char* const kGreater = R"({"type": "greater", "arm": "a", "than": "b", "by": 0.1})";
const char* const kFalling = R"({"type": "trend", "over": "model.width", "sign": -1})";
const char* const kPower =
    R"({"type": "slope", "over": "model.width", "log": true, "low": -0.6, "high": -0.4})";

const Scores kFlat{1, 1, 1, 1, 1}, kNear{1.001, 0.999, 1.002, 1, 0.999},
    kAbove{1.5, 1.51, 1.49, 1.5, 1.52}, kLoose{0.9, 1.1, 1.0, 1.05, 0.95};

}  // namespace

TEST_CASE("claim: equivalent passes within the margin, fails beyond, else is inconclusive") {
  CHECK(claim_of_two(kEquivalent).arm(kNear).arm(kFlat).verdict() == "pass");
  CHECK(claim_of_two(kEquivalent).arm(kAbove).arm(kFlat).verdict() == "fail");
  CHECK(claim_of_two(kEquivalent).arm(kLoose).arm(kFlat).verdict() == "inconclusive");
  const ClaimOutcome none = claim_of_two(kEquivalent).arm(kNear).judged();
  CHECK(none.verdict == ClaimVerdict::kNotRun);
  CHECK_FALSE(none.estimate);
  CHECK_THAT(claim_of_two(kEquivalent).arm({1, 1}).arm({1, 1}).sentence(),
             ContainsSubstring("not run, three or more seeds are needed"));
  // t of 0.95 with 4 degrees is 2.1318; the differences' deviation 0.00130384.
  const ClaimOutcome judged = claim_of_two(kEquivalent).arm(kNear).arm(kFlat).judged();
  const double half = 2.131847 * 0.00130384 / std::sqrt(5);
  CHECK(*judged.estimate == Approx(0.0002));
  CHECK(judged.interval->low == Approx(0.0002 - half).epsilon(1e-4));
  CHECK(judged.interval->high == Approx(0.0002 + half).epsilon(1e-4));
  CHECK(judged.threshold == "within ±0.01 (90 % interval)");
}

TEST_CASE("claim: runs that were cut to the same value are not equivalent") {
  const JudgedClaim both = claim_of_two(kEquivalent).arm(kFlat, 0).arm(kFlat, 0);
  CHECK(both.verdict() == "inconclusive");
  CHECK_THAT(both.sentence(), ContainsSubstring("; 10 of 10 runs diverged"));
  CHECK(claim_of_two(kEquivalent).arm(kFlat, 4).arm(kFlat).verdict() == "inconclusive");
  CHECK(claim_of_two(kEquivalent).arm(kFlat).arm(kFlat, 4).verdict() == "inconclusive");
  // Had they not been cut, a would lie further above b, b further above a.
  CHECK(claim_of_two(kEquivalent).arm(kAbove, 0).arm(kFlat).verdict() == "fail");
  CHECK(claim_of_two(kEquivalent).arm(kAbove).arm(kFlat, 4).verdict() == "inconclusive");
}

TEST_CASE("claim: greater passes above the bound; what diverged had more than it counts") {
  CHECK(claim_of_two(kGreater).arm(kAbove).arm(kFlat).verdict() == "pass");
  CHECK(claim_of_two(kGreater).arm(kFlat).arm(kAbove).verdict() == "fail");
  CHECK(claim_of_two(kGreater).arm({1.3, 1.0, 1.2, 1.0, 1.1}).arm(kFlat).verdict() ==
        "inconclusive");
  CHECK(claim_of_two(kGreater).arm(kAbove).verdict() == "not run");

  CHECK(claim_of_two(kGreater).arm(kAbove, 0).arm(kFlat).verdict() == "pass");
  CHECK_THAT(claim_of_two(kGreater).arm(kAbove, 0).arm(kFlat).sentence(),
             ContainsSubstring("; 5 of 10 runs diverged"));
  CHECK(claim_of_two(kGreater).arm(kAbove).arm(kFlat, 4).verdict() == "inconclusive");
  CHECK(claim_of_two(kGreater).arm(kFlat, 4).arm(kAbove).verdict() == "inconclusive");
  CHECK(claim_of_two(kGreater).arm(kFlat).arm(kAbove, 0).verdict() == "fail");
  // Nothing is known of a run that failed.
  CHECK(claim_of_two(kGreater).arm({1.5, 1.51, 1.49, 1.5, kFailed}).arm(kFlat).verdict() ==
        "inconclusive");
}

TEST_CASE("claim: a trend of the seeds' slopes, up or down") {
  const auto judged = [](const char* test, double a, double b, double c) {
    const auto about = [](double mean) { return Scores{mean, mean + 0.01, mean - 0.01, mean}; };
    return claim_of_widths(test).arm(about(a)).arm(about(b)).arm(about(c));
  };
  CHECK(judged(kFalling, 3, 2, 1).verdict() == "pass");
  CHECK(judged(kFalling, 1, 2, 3).verdict() == "fail");
  CHECK(judged(R"({"type": "trend", "over": "model.width"})", 1, 2, 3).verdict() == "pass");
  CHECK(claim_of_widths(kFalling).arm({1, 2, 1}).arm({1, 1, 2}).arm({2, 1, 1}).verdict() ==
        "inconclusive");
  CHECK(claim_of_widths(kFalling).arm({3, 3, 3}).arm({2, 2, 2}).verdict() == "not run");
  // 2, 1.5 and 1 at 8, 16 and 32: −0.04018 a feature; a halving by doubling width otherwise.
  CHECK(*judged(kFalling, 2, 1.5, 1).judged().estimate == Approx(-0.0401786).epsilon(1e-4));
  CHECK(*judged(R"({"type": "trend", "over": "model.width", "log": true, "sign": -1})", 2, 1.5, 1)
             .judged()
             .estimate == Approx(-0.5 / std::log(2)));

  const Scores high{3, 3.01, 2.99}, middle{2, 2, 2}, low{1, 1, 1.01};
  CHECK(claim_of_widths(kFalling).arm(high, 0).arm(middle).arm(low).verdict() == "pass");
  CHECK_THAT(claim_of_widths(kFalling).arm(high, 1).arm(middle).arm(low).sentence(),
             ContainsSubstring("pass, ") && ContainsSubstring("; 2 of 9 runs diverged"));
  CHECK(claim_of_widths(kFalling).arm(high).arm(middle).arm(low, 2).verdict() == "inconclusive");
  CHECK(claim_of_widths(kFalling).arm(middle, 0).arm(middle, 0).arm(middle, 0).verdict() ==
        "inconclusive");
}

TEST_CASE("claim: a slope lies within its bounds, beyond them, or neither") {
  const auto power = [](double exponent, double noise) {
    JudgedClaim claim = claim_of_widths(kPower);
    for (const double width : {8.0, 16.0, 32.0}) {
      const double mean = 3 * std::pow(width, exponent);
      claim.arm({mean, mean * (1 + noise * (width - 12)), mean * (1 - noise * (width - 12))});
    }
    return claim;
  };
  CHECK(power(-0.5, 1e-4).verdict() == "pass");
  CHECK(*power(-0.5, 0).judged().estimate == Approx(-0.5));
  CHECK(power(-0.1, 1e-4).verdict() == "fail");
  CHECK(power(-1, 1e-4).verdict() == "fail");
  CHECK(power(-0.5, 1e-2).verdict() == "inconclusive");
  CHECK(claim_of_widths(kPower).arm({1, 1, 1}).verdict() == "not run");
  const ClaimOutcome drawn = power(-0.5, 1e-4).judged();
  REQUIRE(drawn.overlays.size() == 1);
  REQUIRE(drawn.overlays[0].x.size() == 3);
  CHECK(drawn.overlays[0].x[2] == Approx(32));
  CHECK_THAT(claim_of_widths(kPower).arm({1, 1, 1}).arm({1, 1, 0}).arm({1, 1, 1}).sentence(),
             ContainsSubstring("not run, a score of 0 has no logarithm"));

  // Flat because all diverged: no slope of 0.
  const char* flat = R"({"type": "slope", "over": "model.width", "low": -1, "high": 1})";
  CHECK(claim_of_widths(flat).arm({1, 1, 1}).arm({1, 1, 1}).arm({1, 1, 1}).verdict() == "pass");
  const JudgedClaim cut =
      claim_of_widths(flat).arm({1, 1, 1}, 0).arm({1, 1, 1}, 0).arm({1, 1, 1}, 0);
  CHECK(cut.verdict() == "inconclusive");
  CHECK_THAT(cut.sentence(), ContainsSubstring("; 9 of 9 runs diverged"));
}

TEST_CASE("claim: a theory holds where the deviation's interval lies within the tolerance") {
  // Two blocks of a stream without norms: 1.25 and 1.5 are predicted, 1.04 and 1.08 for alpha=0.2.
  const char* study = R"({
    "base": {"model": {"type": "nfnet", "block": "basic", "stages": [2], "width": 8,
                       "skip_gain": 1},
             "data": {"type": "normal_noise", "size": 128, "channels": 3}, "train": {"batch": 2}},
    "vary": {"model.alpha": [0.5, 0.2]}, "metric": "init/stream_variance"})";
  const char* one = R"({"type": "theory", "theory": "nf_sawtooth", "tolerance": 0.1,
                        "where": {"model.alpha": 0.5}})";
  const char* all = R"({"type": "theory", "theory": "nf_sawtooth", "tolerance": 0.1})";
  const auto about = [](double first, double second, double noise) {
    return std::vector<Scores>{{first, second},
                               {first * (1 + noise), second * (1 - noise)},
                               {first * (1 - noise), second * (1 + noise)}};
  };
  const ClaimOutcome passed = JudgedClaim(study, one).read(about(1.25, 1.545, 0.01)).judged();
  CHECK(passed.verdict == ClaimVerdict::kPass);
  CHECK(*passed.estimate == Approx(0.03));
  // The upper end: 1.545 and t of 0.975 with 2 degrees, 4.30265; the lower with the share of one
  // block of two, 6.20535, which reaches the prediction.
  CHECK(passed.interval->high ==
        Approx((1.545 + 4.30265 * 0.01545 / std::sqrt(3)) / 1.5 - 1).epsilon(1e-4));
  CHECK(passed.interval->low == 0);
  CHECK_THAT(passed.sentence,
             ContainsSubstring("pass, the mean readings lie up to 3 % beyond the prediction (95 % "
                               "interval 0 to 5.56 %), wanted at most 10 %"));
  CHECK(passed.overlays.size() == 1);

  const ClaimOutcome failed = JudgedClaim(study, one).read(about(1.25, 1.8, 0.01)).judged();
  CHECK(failed.verdict == ClaimVerdict::kFail);
  CHECK(failed.interval->low ==
        Approx((1.8 - 6.20535 * 0.018 / std::sqrt(3)) / 1.5 - 1).epsilon(1e-4));
  CHECK(JudgedClaim(study, one).read(about(1.25, 1.5, 0.05)).verdict() == "inconclusive");
  CHECK(JudgedClaim(study, one).verdict() == "not run");
  CHECK(JudgedClaim(study, one).read({{1.25, 1.5}, {1.25, 1.5}}).verdict() == "not run");

  // Of all arms that are picked the worst one counts.
  const auto both = [&](double second) {
    return JudgedClaim(study, all)
        .read(about(1.25, 1.5, 0.001))
        .read(about(1.04, second, 0.001))
        .judged();
  };
  CHECK(both(1.08).verdict == ClaimVerdict::kPass);
  CHECK(both(1.4).verdict == ClaimVerdict::kFail);
  CHECK(both(1.08).overlays.size() == 2);

  // A run that failed has no readings, and nothing that is no number is one.
  const ClaimOutcome missing =
      JudgedClaim(study, one).read({{1.25, 1.5}, {}, {1.25, 1.5}, {1.25, NAN}}).judged();
  CHECK(missing.verdict == ClaimVerdict::kNotRun);
  CHECK_THAT(missing.sentence,
             ContainsSubstring("not run, 2 of 4 runs of alpha=0.5 have no readings"));
}

TEST_CASE("claim: a theory that does not apply is not run, and says why") {
  const JudgedClaim claim(R"({
      "base": {"model": {"type": "gpt", "layers": 2, "width": 16, "context": 72},
               "data": "selective_copy",
               "train": {"batch": 2}},
      "vary": {"model.placement": ["pre", "post"]}, "metric": "init/stream_square"})",
                          R"({"type": "theory", "theory": "xiong_pre_ln"})");
  JudgedClaim read = claim;
  read.read({{1.5, 2}, {1.5, 2}, {1.5, 2}}).read({{1.5, 2}, {1.5, 2}, {1.5, 2}});
  CHECK(read.verdict() == "not run");
  CHECK_THAT(read.sentence(), ContainsSubstring("the theory does not apply, because"));
  CHECK(read.judged().overlays.size() == 2);
  CHECK_FALSE(read.judged().overlays[0].why_not.empty());
}

TEST_CASE("claim: as a whole it is what its worst test is") {
  const auto of = [](std::initializer_list<ClaimVerdict> verdicts) {
    std::vector<ClaimOutcome> outcomes;
    for (const ClaimVerdict verdict : verdicts) outcomes.emplace_back().verdict = verdict;
    return std::string(name_of(overall(outcomes)));
  };
  using enum ClaimVerdict;
  CHECK(of({kPass, kPass}) == "pass");
  CHECK(of({kPass, kInconclusive}) == "inconclusive");
  CHECK(of({kInconclusive, kNotRun}) == "not run");
  CHECK(of({kNotRun, kFail, kPass}) == "fail");
  CHECK(of({}) == "not run");
}

}  // namespace norma
