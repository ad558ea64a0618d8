#include "apps/study/guard.h"

#include <algorithm>
#include <cmath>

#include "apps/common/human.h"
#include "apps/evaluations/evaluations.h"
#include "apps/trainer/training.h"
#include "core/io/sha256.h"
#include "data/data_card.h"

namespace norma {
namespace {

class Guard {
 public:
  Guard(const Study& study, const Arm& arm, const ArmFacts& here, const ArmFacts& baseline)
      : study_(study), arm_(arm), here_(here), baseline_(baseline) {}

  std::vector<Difference> run() {
    if (here_.parameters != baseline_.parameters)
      add("parameters", grouped(here_.parameters), grouped(baseline_.parameters),
          is_large(static_cast<double>(here_.weights), static_cast<double>(baseline_.weights)));
    amount("flops", here_.flops_per_step, baseline_.flops_per_step, kSmallDifference,
           [](double value) { return human_count(value) + " a step"; });
    amount("tokens", static_cast<double>(here_.tokens), static_cast<double>(baseline_.tokens), 0,
           [](double value) { return grouped(static_cast<int64_t>(value)); });
    if (here_.data_sha256 != baseline_.data_sha256)
      add("data", here_.data_sha256.substr(0, 12), baseline_.data_sha256.substr(0, 12), true);
    budget();
    return std::move(all_);
  }

 private:
  void add(const std::string& what, std::string here, std::string baseline, bool large) {
    const bool allowed =
        std::find(study_.allow.begin(), study_.allow.end(), what) != study_.allow.end();
    all_.push_back({arm_.name, what, std::move(here), std::move(baseline), large && !allowed});
  }

  template <class Text>
  void amount(const std::string& what, double here, double baseline, double small, Text&& text) {
    if (here == baseline) return;
    add(what, text(here), text(baseline), is_large(here, baseline, small));
  }

  static bool is_large(double here, double baseline, double small = kSmallDifference) {
    return std::fabs(here - baseline) > small * baseline;
  }

  static std::string text_of(const std::vector<Axis>& options) {
    std::string text;
    for (const Axis& axis : options) {
      text += (text.empty() ? "" : ", ") + axis.path + ":";
      for (const AxisValue& value : axis.values) text += " " + format_number(*value.number);
    }
    return text;
  }

  void budget() {
    const auto here = study_.tuning.points(arm_.name),
               there = study_.tuning.points(study_.baseline);
    if (here == there) return;
    const bool larger = here.size() != there.size();
    const auto described = [&](const std::string& arm, size_t points) {
      return std::to_string(points) + " points (" + text_of(study_.tuning.options_of(arm)) + ")";
    };
    add("budget", described(arm_.name, here.size()), described(study_.baseline, there.size()),
        larger);
  }

  const Study& study_;
  const Arm& arm_;
  const ArmFacts &here_, &baseline_;
  std::vector<Difference> all_;
};

}  // namespace

ArmFacts facts_of(const Json& config, const Json& evaluate, bool needs_splits) {
  const RunConfig read = read_run_config(config, "the arm", {}, nullptr);
  Training training(read);
  for (const Split split : {Split::kValidation, Split::kTest})
    if (needs_splits && training.data().size(split) == 0)
      throw Error(
          "data " + read.data.type + " has no " + name_of(split) +
          " split: a study tunes on the validation split and judges on the test split" +
          (read.data.type == "text" ? "; data.test_fraction and data.val_fraction cut them" : ""));
  if (!evaluate.empty()) {
    EvaluationOptions options;
    read_config(evaluate, "evaluate", [&](Fields& f) { options.describe(f); });
    check_evaluation(training, options);
  }
  io::Sha256 hash;
  for (const SplitCard& split : training.data().card().splits) hash.update(split.sha256);
  const DataInfo& info = training.data().info();
  const int64_t a_sample = info.kind == InputKind::kTokens ? info.context : 1;
  const double micro = training.rehearse(nullptr);
  int64_t weights = 0;
  for (const Param& param : training.params().params())
    if (param.kind == ParamKind::kWeight || param.kind == ParamKind::kEmbedding)
      weights += param.numel();
  return {training.params().numel(), weights,
          3 * micro * static_cast<double>(read.train.accumulate),
          read.train.steps * read.train.batch * a_sample, hash.hex()};
}

Json facts_json(const ArmFacts& facts) {
  return {{"parameters", facts.parameters},
          {"weights", facts.weights},
          {"flops_per_step", facts.flops_per_step},
          {"tokens", facts.tokens},
          {"data_sha256", facts.data_sha256}};
}

ArmFacts facts_from(const Json& json) {
  return {json.at("parameters").get<int64_t>(), json.at("weights").get<int64_t>(),
          json.at("flops_per_step").get<double>(), json.at("tokens").get<int64_t>(),
          json.at("data_sha256").get<std::string>()};
}

std::vector<Difference> differences(const Study& study, const std::vector<ArmFacts>& facts) {
  size_t baseline = 0;
  while (study.arms[baseline].name != study.baseline) ++baseline;
  std::vector<Difference> all;
  for (size_t i = 0; i < study.arms.size(); ++i) {
    std::vector<Difference> more = Guard(study, study.arms[i], facts[i], facts[baseline]).run();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

void refuse_unfair(const Study& study, const std::vector<Difference>& all) {
  std::string list;
  std::vector<std::string> words = study.allow;
  for (const Difference& each : all) {
    if (!each.refused) continue;
    list += "\n  " + each.arm + ": " + each.what + " " + each.here + ", against " + each.baseline +
            " of " + study.baseline;
    if (std::find(words.begin(), words.end(), each.what) == words.end()) words.push_back(each.what);
  }
  if (list.empty()) return;
  throw Error("this study would not be fair: arms differ in more than it studies." + list +
              "\nMake them equal, or say that it is meant: \"allow\": " + json_line(Json(words)));
}

}  // namespace norma
