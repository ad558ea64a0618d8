#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json overridden(const std::string& config, const std::vector<std::string>& assignments) {
  Json json = parse_json(config, "");
  apply_overrides(json, assignments);
  return json;
}

std::string line(const std::string& config, const std::vector<std::string>& assignments) {
  return json_line(overridden(config, assignments));
}

std::string refusal(const std::string& config, const std::string& assignment) {
  try {
    overridden(config, {assignment});
  } catch (const Error& error) {
    return error.what();
  }
  FAIL("accepted: " << assignment);
  return "";
}

}  // namespace

TEST_CASE("an assignment sets what its path names, in the order given", "[config]") {
  CHECK(line(R"({"optim": {"lr": 1, "wd": 2}})", {"optim.lr=3e-4"}) ==
        R"({"optim": {"lr": 3e-4, "wd": 2}})");
  CHECK(line("{}", {"a=1", "a=2", "b.c=3"}) == R"({"a": 2, "b": {"c": 3}})");
  CHECK(line(R"({"a": null})", {"a.b.c=null"}) == R"({"a": {"b": {"c": null}}})");
}

TEST_CASE("the value is JSON, or else a string", "[config]") {
  CHECK(line("{}", {"a=true", "b=[1, 2]", "c={\"d\": 1}", "e=\"7\"", "f=7"}) ==
        R"({"a": true, "b": [1, 2], "c": {"d": 1}, "e": "7", "f": 7})");
  CHECK(line("{}", {"a=gelu", "b=", "c=x=y", "d=~/a.txt", "e=1e-3x"}) ==
        R"({"a": "gelu", "b": "", "c": "x=y", "d": "~/a.txt", "e": "1e-3x"})");
}

TEST_CASE("a bare type name on the way becomes an object", "[config]") {
  CHECK(line(R"({"model": {"norm": "rms_norm"}})", {"model.norm.eps=1e-5"}) ==
        R"({"model": {"norm": {"type": "rms_norm", "eps": 1e-5}}})");
}

TEST_CASE("numbers on the way pick elements of lists", "[config]") {
  CHECK(line(R"({"betas": [0.9, 0.999]})", {"betas.1=0.95"}) == R"({"betas": [0.9, 0.95]})");
  CHECK(line(R"({"a": [{"b": 1}]})", {"a.0.b=2", "a.0.c.d=3"}) ==
        R"({"a": [{"b": 2, "c": {"d": 3}}]})");
  CHECK(refusal(R"({"betas": [0.9, 0.999]})", "betas.2=1") ==
        "in the argument \"betas.2=1\": betas is a list of 2, found 2, expected a number from 0 to "
        "1");
  CHECK_THAT(refusal(R"({"a": [1]})", "a.first=1"), ContainsSubstring("found first"));
  CHECK_THAT(refusal(R"({"a": [1]})", "a.-1=1"), ContainsSubstring("found -1"));
  CHECK_THAT(refusal(R"({"a": []})", "a.0=1"), ContainsSubstring("expected nothing inside"));
}

TEST_CASE("a malformed assignment is named", "[config]") {
  CHECK(refusal("{}", "optim.lr") ==
        "in the argument \"optim.lr\": expected key=value, for example optim.lr=3e-4");
  for (const char* hollow : {"=3", "a..b=3", ".a=3", "a.=3"})
    CHECK_THAT(refusal("{}", hollow), ContainsSubstring("in the argument \"" + std::string(hollow) +
                                                        "\": found an empty key"));
  CHECK_THAT(refusal("{}", "a=[1,"), ContainsSubstring("expected a value"));
  CHECK_THAT(refusal("{}", "a={\"b\" 1}"), ContainsSubstring("value:1:6: found 1"));
  CHECK(refusal(R"({"a": {"b": 3}})", "a.b.c=1") ==
        "in the argument \"a.b.c=1\": a.b is 3, which has nothing named c inside");
}

}  // namespace norma
