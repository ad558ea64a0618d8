#include "apps/study/claim_test.h"

#include <algorithm>

#include "core/config/reader.h"
#include "core/config/values.h"

namespace norma {
namespace {

const std::vector<std::string>& types_of_tests() {
  static const std::vector<std::string> all{"equivalent", "greater", "trend", "slope", "theory"};
  return all;
}

}  // namespace

void ClaimTest::describe(Fields& f) {
  if (type == "equivalent" || type == "greater") {
    const char* second = type == "equivalent" ? "to" : "than";
    f.text("arm", arm, "", {.required = true});
    f.text(second, other, "", {.required = true});
    f.rule(arm != other, second, "another one than arm");
  } else {
    f.json("where", where, "");
  }
  if (type == "equivalent") f.number("margin", margin, "", {.above = 0});
  if (type == "greater") f.number("by", by, "");
  if (type == "trend") {
    f.integer("sign", sign, "", {.min = -1, .max = 1});
    f.rule(sign != 0, "sign", "1 or -1");
  }
  if (type == "trend" || type == "slope") {
    f.text("over", over, "", {.required = true});
    f.flag("log", log, "");
  }
  if (type == "slope") {
    f.number("low", low, "", {.required = true});
    f.number("high", high, "", {.required = true});
    f.rule(low <= high, "high", "a number of at least low");
    f.text("assumes", assumes, "");
  }
  if (type == "theory") {
    f.text("theory", theory, "", {.required = true});
    f.number("tolerance", tolerance, "", {.min = 0});
  }
}

bool ClaimTest::picks(const Arm& arm) const {
  for (const auto& [path, value] : where.items()) {
    const auto name = arm.names.find(path);
    const auto number = arm.numbers.find(path);
    const bool same = value.is_number()
                          ? number != arm.numbers.end() && number->second == value.get<double>()
                          : name != arm.names.end() && value.is_string() &&
                                name->second == value.get<std::string>();
    if (!same) return false;
  }
  return true;
}

std::string ClaimTest::place() const {
  std::string text;
  for (const auto& [path, value] : where.items())
    text += (text.empty() ? " where " : " and ") + path + " is " +
            (value.is_string() ? value.get<std::string>() : json_line(value));
  return text;
}

ClaimTest read_test(Findings& findings, const Json& given, const std::string& path) {
  ClaimTest test;
  const Json type = given.is_object() ? given.value("type", Json()) : Json();
  const std::string word = type.is_string() ? type.get<std::string>() : "";
  const std::vector<std::string>& known = types_of_tests();
  if (std::find(known.begin(), known.end(), word) == known.end()) {
    findings.add({join(path, "type"), type.is_null() ? "nothing" : shown(type), listed(known, "or"),
                  nearest_name(word, known)});
    return test;
  }
  test.type = word;
  Reader reader(findings, given, path, "a claim's test", ExtraKeys::kType);
  test.describe(reader);
  reader.finish();
  return test;
}

}  // namespace norma
