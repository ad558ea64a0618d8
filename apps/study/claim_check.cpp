// What is wrong with a claim, said before anything is trained for it.
#include <algorithm>
#include <set>

#include "apps/gauges/theory.h"
#include "apps/study/claim_test.h"
#include "core/config/reader.h"
#include "core/config/values.h"

namespace norma {
namespace {

struct PublishedCurve {
  std::string name, x_name;
  std::vector<double> x, y;
  void describe(Fields& f) {
    f.text("name", name, "");
    f.text("x_name", x_name, "");
    f.numbers("x", x, "", 0, {.required = true});
    f.numbers("y", y, "", 0, {.required = true});
    f.rule(x.size() == y.size(), "y", "as many numbers as x");
  }
};

struct ClaimText {
  int64_t number = 0;
  std::string citation, published, tier = "evening";
  Json tests = Json::array(), curve;
  void describe(Fields& f) {
    f.integer("number", number, "", {.min = 0});
    f.text("citation", citation, "", {.required = true});
    f.text("published", published, "", {.required = true});
    f.choice("tier", tier, {"init", "evening", "weekend"}, "");
    f.json("tests", tests, "");
    f.json("published_curve", curve, "");
  }
};

// Checks the tests of a claim against the study that they are to judge.
class ClaimCheck {
 public:
  ClaimCheck(Findings& findings, const Study& study)
      : findings_(findings), study_(study), paths_(paths_of(study.axes)) {
    for (const Arm& arm : study.arms) arms_.push_back(arm.name);
  }

  void check(const Json& given, const std::string& path) {
    const ClaimTest test = read_test(findings_, given, path);
    if (test.type.empty()) return;
    if (!test.arm.empty()) expect_known(join(path, "arm"), test.arm, arms_);
    if (!test.other.empty())
      expect_known(join(path, test.type == "equivalent" ? "to" : "than"), test.other, arms_);
    const bool picked = check_where(test, join(path, "where"));
    if (!test.over.empty() && expect_known(join(path, "over"), test.over, paths_) && picked)
      check_axis(test, path);
    if (!test.theory.empty()) check_theory(test.theory, join(path, "theory"));
    if (!test.assumes.empty()) expect_theory(test.assumes, join(path, "assumes"));
  }

 private:
  bool expect_known(const std::string& path, const std::string& name,
                    const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    findings_.add({path, name, names.empty() ? "nothing: there is none" : listed(names, "or"),
                   nearest_name(name, names)});
    return false;
  }

  const Axis* axis(const std::string& path) const {
    const auto found = std::find_if(study_.axes.begin(), study_.axes.end(),
                                    [&](const Axis& each) { return each.path == path; });
    return found == study_.axes.end() ? nullptr : &*found;
  }

  // Whether it picks arms; axes are combined in full, so a value of each is enough.
  bool check_where(const ClaimTest& test, const std::string& path) {
    const size_t before = findings_.count();
    if (!test.where.is_object())
      findings_.add(
          {path, shown(test.where), "an object: the path of an axis, then its value", ""});
    else
      for (const auto& [of, value] : test.where.items())
        if (expect_known(join(path, of), of, paths_)) check_value(*axis(of), value, join(path, of));
    return findings_.count() == before;
  }

  void check_value(const Axis& axis, const Json& value, const std::string& path) {
    if (axis.values.empty()) return;  // a fault of its own
    std::vector<std::string> names;
    for (const AxisValue& each : axis.values) {
      if (value.is_number() ? each.number == value.get<double>() : value == Json(each.name)) return;
      names.push_back(each.number ? format_number(*each.number) : each.name);
    }
    findings_.add(
        {path, shown(value), listed(names, "or"),
         nearest_name(value.is_string() ? value.get<std::string>() : json_line(value), names)});
  }

  // A line needs two points.
  void check_axis(const ClaimTest& test, const std::string& path) {
    if (axis(test.over)->values.empty()) return;
    std::set<double> numbers;
    for (const Arm& arm : study_.arms)
      if (const auto at = arm.numbers.find(test.over); at != arm.numbers.end() && test.picks(arm))
        numbers.insert(at->second);
    if (numbers.size() < 2)
      findings_.add({join(path, "over"), test.over + " with " + counted_numbers(numbers.size()),
                     "an axis of two different numbers or more where the test looks", ""});
    if (test.log && !numbers.empty() && *numbers.begin() <= 0)
      findings_.add({join(path, "log"), "true",
                     "false: " + test.over + " is also " + format_number(*numbers.begin()) +
                         ", which has no logarithm",
                     ""});
  }

  static std::string counted_numbers(size_t count) {
    return count == 0 ? "no numbers" : "one number";
  }

  bool expect_theory(const std::string& name, const std::string& path) {
    const RegistryBase& theories = theory_registry();
    if (theories.find(name)) return true;
    findings_.add({path, name, "a theory: " + theories.known(name), theories.nearest(name)});
    return false;
  }

  void check_theory(const std::string& name, const std::string& path) {
    if (!expect_theory(name, path)) return;
    const std::string& about = theory_registry().at(name).gauge;
    if (!study_.metric.needs_training() && about == study_.metric.gauge) return;
    std::vector<std::string> fitting;
    for (const Entry* entry : theory_registry().entries())
      if (!study_.metric.needs_training() &&
          theory_registry().at(entry->type).gauge == study_.metric.gauge)
        fitting.push_back(entry->type);
    const std::string metric = study_.metric.name(Split::kValidation);
    findings_.add({path, name + ", which is about init/" + about,
                   "a theory about the study's metric, " + metric +
                       (fitting.empty() ? " (there is none)" : ": " + listed(fitting, "or")),
                   ""});
  }

  Findings& findings_;
  const Study& study_;
  std::vector<std::string> arms_;
  const std::vector<std::string> paths_;
};

}  // namespace

void check_claim(Findings& findings, const Study& study) {
  ClaimText text;
  Reader reader(findings, study.claim, "claim", "a claim", ExtraKeys::kNone);
  text.describe(reader);
  reader.finish();
  if (!text.curve.is_null()) {
    PublishedCurve curve;
    Reader of_curve(findings, text.curve, "claim.published_curve", "a published curve",
                    ExtraKeys::kNone);
    curve.describe(of_curve);
    of_curve.finish();
  }
  if (study.tuning.halving)
    findings.add(
        {"tune.halving", "an exploratory search", "none: no claim can be judged by it", ""});
  if (!text.tests.is_array() || text.tests.empty()) {
    findings.add({"claim.tests", shown(text.tests), "a list of at least one test", ""});
    return;
  }
  ClaimCheck check(findings, study);
  for (size_t i = 0; i < text.tests.size(); ++i)
    check.check(text.tests[i], "claim.tests." + std::to_string(i));
}

}  // namespace norma
