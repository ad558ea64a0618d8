#include "apps/study/claim.h"

#include <algorithm>

#include "apps/study/claim_test.h"
#include "core/config/reader.h"
#include "core/config/values.h"

namespace norma {
namespace {

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

}  // namespace

void ClaimTest::describe(Fields& f) {
  f.choice("type", type, {"equivalent", "greater", "trend", "slope", "theory"}, "");
  if (type == "equivalent" || type == "greater") {
    f.text("arm", arm, "", {.required = true});
    f.text(type == "equivalent" ? "to" : "than", other, "", {.required = true});
  } else {
    f.json("where", where, "");
  }
  if (type == "equivalent") f.number("margin", margin, "", {.above = 0});
  if (type == "greater") f.number("by", by, "");
  if (type == "trend") f.integer("sign", sign, "", {.min = -1, .max = 1});
  if (type == "trend" || type == "slope") {
    f.text("over", over, "", {.required = true});
    f.flag("log", log, "");
  }
  if (type == "slope") {
    f.number("low", low, "", {.required = true});
    f.number("high", high, "", {.required = true});
    f.text("assumes", assumes, "");
  }
  if (type == "theory") {
    f.text("theory", theory, "", {.required = true});
    f.number("tolerance", tolerance, "", {.min = 0});
  }
}

ClaimTest read_test(Findings& findings, const Json& given, const std::string& path) {
  ClaimTest test;
  test.type = given.is_object() ? given.value("type", std::string()) : "";
  Reader reader(findings, given, path, "a claim's test", ExtraKeys::kNone);
  test.describe(reader);
  reader.finish();
  return test;
}

const char* name_of(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::kPass:
      return "pass";
    case ClaimVerdict::kFail:
      return "fail";
    case ClaimVerdict::kInconclusive:
      return "inconclusive";
    case ClaimVerdict::kNotRun:
      break;
  }
  return "not run";
}

void check_claim(Findings& findings, const Study& study) {
  ClaimText text;
  Reader reader(findings, study.claim, "claim", "a claim", ExtraKeys::kNone);
  text.describe(reader);
  reader.finish();
  if (!text.tests.is_array() || text.tests.empty()) {
    findings.add({"claim.tests", shown(text.tests), "a list of at least one test", ""});
    return;
  }
  std::vector<std::string> arms, paths;
  for (const Arm& arm : study.arms) arms.push_back(arm.name);
  for (const Axis& axis : study.axes) paths.push_back(axis.path);
  const auto known = [&](const std::string& path, const std::string& name,
                         const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      findings.add({path, name, listed(names, "or"), nearest_name(name, names)});
  };
  for (size_t i = 0; i < text.tests.size(); ++i) {
    const std::string path = "claim.tests." + std::to_string(i);
    const ClaimTest test = read_test(findings, text.tests[i], path);
    if (!test.arm.empty()) known(path + ".arm", test.arm, arms);
    if (!test.other.empty()) known(path, test.other, arms);
    if (!test.over.empty()) known(path + ".over", test.over, paths);
    for (const auto& [where, value] : test.where.items()) known(path + ".where", where, paths);
  }
}

ClaimVerdict overall(const std::vector<ClaimOutcome>& outcomes) {
  const auto any = [&](ClaimVerdict verdict) {
    return std::any_of(outcomes.begin(), outcomes.end(),
                       [&](const ClaimOutcome& each) { return each.verdict == verdict; });
  };
  for (const ClaimVerdict verdict : kWorstFirst)
    if (any(verdict)) return verdict;
  return ClaimVerdict::kPass;
}

}  // namespace norma
