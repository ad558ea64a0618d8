#include "apps/study/study.h"

#include <algorithm>

#include "apps/evaluations/evaluations.h"
#include "apps/study/claim.h"
#include "apps/study/study_checks.h"
#include "apps/trainer/run_config.h"
#include "core/config/reader.h"
#include "core/config/values.h"
#include "core/config/writer.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

// How far the seeds of tuning lie behind those of the verdict: no study has that many.
constexpr int64_t kTuningSeeds = 1000000;

// The parts of a study file as they stand there.
struct Given {
  Json base, vary = Json::object(), arms = Json::object(), tune, claim;
  std::string title, baseline, metric = "val/loss";
  std::optional<int64_t> steps;
  std::vector<std::string> overrides;
};

const std::vector<std::string>& allowable() {
  static const std::vector<std::string> all{"parameters", "flops",     "tokens",
                                            "data",       "judged by", "budget"};
  return all;
}

void describe(Fields& f, Study& study, Given& given, Json& allow) {
  f.text("title", given.title, "what the report is called; the file's name if left out");
  f.json("base", given.base,
         "the training config that all arms change: a file, or the config itself");
  f.json(
      "vary", given.vary,
      "what differs between arms, by dotted path: a list, {\"range\": [a, b], \"count\": n}, "
      "{\"log\": [a, b], \"count\": n}, or an object of named values; several paths are combined");
  f.json("arms", given.arms,
         "further arms, which set several paths each: {\"name\": {\"dotted.path\": value, …}, …}");
  f.text("baseline", given.baseline,
         "the arm that the others are compared with; the first if left out");
  f.json("tune", given.tune,
         "what is tuned for every arm: dotted paths with their values, and \"sampler\" (grid or "
         "quasi_random), \"budget\", \"seeds\", \"run_off\", \"extend\", \"per_arm\", \"halving\"; "
         "null = nothing");
  f.integer("seeds", study.seeds, "fresh seeds that the verdict is taken from", {.min = 1});
  f.integer("first_seed", study.first_seed, "the first of them", {.min = 0, .max = 1e9});
  f.maybe_integer("steps", given.steps, "in place of the base config's train.steps", {.min = 1});
  f.text("metric", given.metric,
         "val/loss, val/error (1 − accuracy), or init/ and a gauge, for which nothing is trained");
  f.maybe_number("target", study.target, "value of the metric to reach, for the time to target");
  f.number("margin", study.margin, "differences below this share of the baseline do not matter",
           {.above = 0, .below = 1});
  f.number("confidence", study.confidence, "of intervals, and of the verdict as a whole",
           {.min = 0.5, .below = 1});
  f.flag("paired", study.paired, "compare runs of the same seed; false = as independent samples");
  f.json("evaluate", study.evaluate, "what trained models are examined by besides the metric");
  f.flag(
      "transfer", study.transfer,
      "examine also on images that evaluate.pgd made on the baseline, trained with another seed");
  f.json("allow", allow,
         "differences between arms that are meant: parameters, flops, tokens, data, judged by, "
         "budget");
  f.flag("costs", study.costs, "measure time and memory of every arm when the verdict stands");
  f.json("claim", given.claim, "a published result that the study is to show, and how");
}

Json read_base(Findings& findings, const Json& base, const fs::path& beside) {
  if (base.is_object()) return base;
  if (!base.is_string()) {
    findings.add({"base", base.is_null() ? "nothing" : shown(base),
                  "the path of a training config, or the config itself", ""});
    return Json();
  }
  return load_json(beside / base.get<std::string>());
}

// Arms that set several paths each, beside those that the axes combine to.
void read_named_arms(Findings& findings, const Json& given, std::vector<Arm>& arms) {
  if (!given.is_object()) {
    findings.add({"arms", shown(given), "an object: the arm's name, then what it sets", ""});
    return;
  }
  for (const auto& [name, settings] : given.items()) {
    Arm arm;
    arm.name = name;
    if (!settings.is_object())
      findings.add(
          {join("arms", name), shown(settings), "an object of dotted paths and values", ""});
    else
      for (const auto& [path, set] : settings.items()) arm.settings.push_back({path, set});
    arms.push_back(std::move(arm));
  }
}

std::vector<Axis> read_axes(Findings& findings, const Given& given) {
  std::vector<Axis> axes;
  if (!given.vary.is_object())
    findings.add(
        {"vary", shown(given.vary), "an object: dotted path, then the values it takes", ""});
  else
    for (const auto& [path, values] : given.vary.items())
      axes.push_back(read_axis(findings, join("vary", path), path, values));
  if (axes.empty() && given.arms.empty())
    findings.add({"vary", "nothing", "at least one path, or named `arms`: a study compares", ""});
  return axes;
}

// Every combination of the axes' values, the last axis changing fastest.
std::vector<Arm> combined(const std::vector<Axis>& axes) {
  if (axes.empty()) return {};
  std::vector<Arm> arms{{}};
  for (const Axis& axis : axes) {
    if (axis.values.empty()) continue;  // a fault of its own; the other axes can still be checked
    std::vector<Arm> more;
    for (const Arm& arm : arms)
      for (const AxisValue& value : axis.values) {
        Arm next = arm;
        next.name += (next.name.empty() ? "" : "/") + value.name;
        next.settings.insert(next.settings.end(), value.settings.begin(), value.settings.end());
        next.names[axis.path] = value.name;
        if (value.number) next.numbers[axis.path] = *value.number;
        more.push_back(std::move(next));
      }
    arms = std::move(more);
  }
  return arms;
}

// The arm's config, or its faults, each with the arm's name.
void configure(Findings& findings, const Json& base, Arm& arm) {
  try {
    arm.config = with_settings(base, arm.settings);
    Json resolved;
    const RunConfig read = read_run_config(arm.config, "", {}, &resolved);
    if (read.train.patience)
      findings.add({"arm " + arm.name + ": train.patience", std::to_string(*read.train.patience),
                    "null: arms that stop early at different steps see different data", ""});
  } catch (const ConfigError& error) {
    for (Fault fault : error.faults()) {
      fault.path = "arm " + arm.name + ": " + fault.path;
      findings.add(std::move(fault));
    }
  } catch (const Error& error) {
    findings.add({"arm " + arm.name, error.what(), "settings that fit the base config", ""});
  }
}

// Faults of the base alone would be repeated for every arm: they are told once.
bool base_is_sound(Findings& findings, const Json& base) {
  try {
    read_run_config(base, "", {}, nullptr);
  } catch (const ConfigError& error) {
    for (Fault fault : error.faults()) {
      fault.path = join("base", fault.path);
      findings.add(std::move(fault));
    }
    return false;
  }
  return true;
}

void read_allow(Findings& findings, const Json& allow, Study& study) {
  if (!allow.is_array()) {
    findings.add({"allow", shown(allow), "a list of " + listed(allowable(), "or"), ""});
    return;
  }
  for (const Json& each : allow) {
    const std::string word = each.is_string() ? each.get<std::string>() : shown(each);
    if (std::find(allowable().begin(), allowable().end(), word) == allowable().end())
      findings.add(
          {"allow", shown(each), listed(allowable(), "or"), nearest_name(word, allowable())});
    study.allow.push_back(word);
  }
}

}  // namespace

Json with_settings(Json config, const std::vector<Setting>& settings) {
  std::vector<std::string> assignments;
  for (const Setting& setting : settings)
    assignments.push_back(setting.path + "=" + json_line(setting.value));
  apply_overrides(config, assignments);
  return config;
}

const Arm& Study::arm(const std::string& name) const {
  return *std::find_if(arms.begin(), arms.end(), [&](const Arm& arm) { return arm.name == name; });
}

std::vector<int64_t> Study::verdict_seeds() const {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < seeds; ++i) all.push_back(first_seed + i);
  return all;
}

std::vector<int64_t> Study::tuning_seeds() const {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < tuning.seeds; ++i) all.push_back(first_seed + kTuningSeeds + i);
  return all;
}

std::vector<int64_t> Study::run_off_seeds() const {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < tuning.run_off; ++i)
    all.push_back(first_seed + kTuningSeeds + tuning.seeds + i);
  return all;
}

Study read_study(const fs::path& file, std::span<const std::string> overrides) {
  Json given = load_json(file);
  if (given.is_object() && !given.contains("title")) given["title"] = file.stem().string();
  const bool into_base = std::any_of(overrides.begin(), overrides.end(),
                                     [](const auto& each) { return each.starts_with("base."); });
  if (into_base && given.is_object() && given.contains("base") && given["base"].is_string())
    given["base"] = load_json(file.parent_path() / given["base"].get<std::string>());
  apply_overrides(given, overrides);
  return read_study(given, file.parent_path(), file.string());
}

Study read_study(const Json& json, const fs::path& beside, const std::string& source) {
  Study study;
  Given given;
  Json allow = Json::array();
  Findings findings;
  Reader reader(findings, json, "", "a study", ExtraKeys::kDollar);
  describe(reader, study, given, allow);
  reader.finish();
  study.title = given.title;
  study.base = read_base(findings, given.base, beside);
  if (given.steps && study.base.is_object())
    study.base = with_settings(study.base, {{"train.steps", *given.steps}});
  study.axes = read_axes(findings, given);
  study.arms = combined(study.axes);
  read_named_arms(findings, given.arms, study.arms);
  study.tuning = read_tuning(findings, given.tune);
  study.baseline =
      given.baseline.empty() && !study.arms.empty() ? study.arms[0].name : given.baseline;
  if (const auto metric = Metric::named(given.metric))
    study.metric = *metric;
  else
    findings.add({"metric", shown(given.metric), "val/loss, val/error, or init/ and a gauge",
                  nearest_name(given.metric, std::vector<std::string>{"val/loss", "val/error"})});
  read_allow(findings, allow, study);
  EvaluationOptions examined;
  Reader evaluate(findings, study.evaluate, "evaluate", "evaluate", ExtraKeys::kNone);
  examined.describe(evaluate);
  evaluate.finish();
  if (study.transfer && examined.pgd.eps.empty())
    findings.add({"transfer", "true", "false, or attacks to borrow: evaluate.pgd.eps", ""});
  study.claim = given.claim;
  if (!study.claim.is_null()) check_claim(findings, study);
  check_names(findings, study);
  check_paths(findings, study);
  check_gauge(findings, study);
  if (study.base.is_object() && base_is_sound(findings, study.base))
    for (Arm& arm : study.arms) configure(findings, study.base, arm);
  findings.throw_faults(source);
  keep_whole(study);
  check_points(findings, study);
  findings.throw_faults(source);

  given.title = study.title, given.baseline = study.baseline, given.base = study.base;
  given.steps.reset();  // they stand in the base now
  Writer writer;
  describe(writer, study, given, allow);
  study.resolved = writer.take();
  return study;
}

Json study_schema() {
  Json schema = json_schema("Norma study", [](Fields& f) {
    Study study;
    Given given;
    Json allow = Json::array();
    describe(f, study, given, allow);
  });
  // Objects that a study keeps as they were given, so that defaults of later versions are theirs.
  const auto nest = [&](const char* key, Json inner) {
    for (const auto& [name, definition] : inner["$defs"].items())
      schema["$defs"][name] = definition;
    for (const char* of_files : {"$schema", "title", "$defs"}) inner.erase(of_files);
    for (const auto& [name, value] : schema["properties"][key].items()) inner[name] = value;
    schema["properties"][key] = std::move(inner);
  };
  nest("tune", tuning_schema());
  nest("evaluate", json_schema("", [](Fields& f) { EvaluationOptions().describe(f); }));
  schema["properties"]["allow"]["items"] = {{"enum", allowable()}};
  return schema;
}

}  // namespace norma
