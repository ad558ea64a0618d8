#include "apps/study/guard.h"

#include <algorithm>
#include <cmath>

#include "apps/common/human.h"
#include "apps/evaluations/evaluations.h"
#include "apps/trainer/training.h"
#include "core/config/writer.h"
#include "core/io/sha256.h"
#include "data/data_card.h"

namespace norma {
namespace {

constexpr const char* kJudgedBy = "judged by";

class Guard {
 public:
  Guard(const Study& study, const Arm& arm, const ArmFacts& baseline)
      : study_(study), arm_(arm), baseline_(baseline) {}

  std::vector<Difference> run(const ArmFacts& facts) {
    compare(facts, "");
    for (const PointFacts& each : facts.points) compare(each.facts, " with " + each.point);
    budget();
    return std::move(all_);
  }

 private:
  // `where` says at which point of the tuning; what differs at several is told once.
  void compare(const ArmFacts& here, const std::string& where) {
    where_ = where;
    if (here.parameters != baseline_.parameters)
      add("parameters", grouped(here.parameters), grouped(baseline_.parameters),
          is_large(static_cast<double>(here.weights), static_cast<double>(baseline_.weights)));
    amount("flops", here.flops_per_step, baseline_.flops_per_step, kSmallDifference,
           [](double value) { return human_count(value) + " a step"; });
    amount("tokens", static_cast<double>(here.tokens), static_cast<double>(baseline_.tokens), 0,
           [](double value) { return grouped(static_cast<int64_t>(value)); });
    if (here.data_sha256 != baseline_.data_sha256)
      add("data", here.data_sha256.substr(0, 12), baseline_.data_sha256.substr(0, 12), true);
    if (here.eval_samples != baseline_.eval_samples)
      add(kJudgedBy, here.eval_samples + " samples", baseline_.eval_samples, true);
    if (study_.metric.kind == Metric::Kind::kLoss && here.loss != baseline_.loss)
      add(kJudgedBy, here.loss, baseline_.loss, true);
  }

  void add(const std::string& what, std::string here, std::string baseline, bool large) {
    if (std::any_of(all_.begin(), all_.end(), [&](const Difference& d) { return d.what == what; }))
      return;
    const bool allowed =
        std::find(study_.allow.begin(), study_.allow.end(), what) != study_.allow.end();
    all_.push_back({arm_.name, what, here + where_, std::move(baseline), large && !allowed});
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
    where_.clear();
    const Tuning& tuning = study_.tuning;
    const auto here = tuning.points(arm_.name), there = tuning.points(study_.baseline);
    const bool other_options =
        paths_of(tuning.options_of(arm_.name)) != paths_of(tuning.options_of(study_.baseline));
    if (here == there && !other_options) return;
    const auto described = [&](const std::string& arm, size_t points) {
      return std::to_string(points) + " points (" + text_of(tuning.options_of(arm)) + ")";
    };
    add("budget", described(arm_.name, here.size()), described(study_.baseline, there.size()),
        other_options || here.size() != there.size());
  }

  const Study& study_;
  const Arm& arm_;
  const ArmFacts& baseline_;
  std::string where_;
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
  return {training.params().numel(),
          weights,
          3 * micro * static_cast<double>(read.train.accumulate),
          read.train.steps * read.train.batch * a_sample,
          hash.hex(),
          json_line(spec_json(read.loss)),
          read.train.eval_samples ? std::to_string(*read.train.eval_samples) : "all",
          training.warnings(),
          {}};
}

bool tuning_changes_facts(const std::vector<Axis>& options) {
  return std::any_of(options.begin(), options.end(), [](const Axis& axis) {
    return !axis.path.starts_with("optim.") && !axis.path.starts_with("schedule.");
  });
}

Json facts_json(const ArmFacts& facts) {
  return {{"parameters", facts.parameters},         {"weights", facts.weights},
          {"flops_per_step", facts.flops_per_step}, {"tokens", facts.tokens},
          {"data_sha256", facts.data_sha256},       {"loss", facts.loss},
          {"eval_samples", facts.eval_samples},     {"warnings", facts.warnings}};
}

ArmFacts facts_from(const Json& json) {
  return {json.at("parameters").get<int64_t>(),
          json.at("weights").get<int64_t>(),
          json.at("flops_per_step").get<double>(),
          json.at("tokens").get<int64_t>(),
          json.at("data_sha256").get<std::string>(),
          json.at("loss").get<std::string>(),
          json.at("eval_samples").get<std::string>(),
          json.at("warnings").get<std::vector<std::string>>(),
          {}};
}

std::vector<Difference> differences(const Study& study, const std::vector<ArmFacts>& facts) {
  size_t baseline = 0;
  while (study.arms[baseline].name != study.baseline) ++baseline;
  std::vector<Difference> all;
  for (size_t i = 0; i < study.arms.size(); ++i) {
    std::vector<Difference> more = Guard(study, study.arms[i], facts[baseline]).run(facts[i]);
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
