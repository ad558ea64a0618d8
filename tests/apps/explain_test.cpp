// `layer --list` and `layer --explain` as a user runs them.
#include <nlohmann/json.hpp>

#include "core/config/json.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json listed() {
  const Ended ended = run_program_as_user({"layer", "--list", "--json"});
  REQUIRE(ended.code == 0);
  return parse_json(ended.out, "the list");
}

Json explained(const std::string& type) {
  const Ended ended = run_program_as_user({"layer", "--explain", type, "--json"});
  INFO(type << ": " << ended.err);
  REQUIRE(ended.code == 0);
  return parse_json(ended.out, type);
}

}  // namespace

TEST_CASE("layer: lists and explains everything there is", "[apps]") {
  const Ended list = run_program_as_user({"layer", "--list"});
  CHECK(list.code == 0);
  for (const char* name :
       {"rms_norm", "attention", "cross_entropy", "block", "spectral_norm", "deep_norm"}) {
    CHECK_THAT(list.out, ContainsSubstring(name));
    const Ended text = run_program_as_user({"layer", "--explain", name});
    CHECK(text.code == 0);
    CHECK_THAT(text.out, ContainsSubstring("Source: "));
  }
  const Ended unknown = run_program_as_user({"layer", "--explain", "rmsnorm"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("rms_norm"));
  const Ended misspelt = run_program_as_user({"layer", "--explain", "spectral_nrm"});
  CHECK_THAT(misspelt.err, ContainsSubstring("did you mean spectral_norm"));
}

TEST_CASE("layer: what --explain measures of every norm", "[apps]") {
  int norms = 0, approximates = 0;
  for (const Json& entry : listed()) {
    if (entry["kind"] != "norm") continue;
    ++norms;
    const auto type = entry["type"].get<std::string>();
    INFO(type);
    const Json measured = explained(type)["measured"];
    const bool approximate =
        measured["gradient"]["answer"].get<std::string>().starts_with("approximate");
    CHECK(measured["gradient"]["figure"].get<double>() <= (approximate ? 0.5 : 1e-6));
    approximates += approximate;
    CHECK(measured["padding"]["answer"] == "invariant");
  }
  CHECK(norms > 5);
  CHECK(approximates < norms / 5);
}

// What is known of these from their papers.
TEST_CASE("layer: --explain finds the invariances of known types", "[apps]") {
  struct Known {
    const char *type, *property, *answer;
  };
  for (const auto& [type, property, answer] :
       std::initializer_list<Known>{{"layer_norm", "input scale", "invariant"},
                                    {"layer_norm", "input shift", "invariant"},
                                    {"layer_norm", "weight scale", "changes"},
                                    {"layer_norm", "batch composition", "invariant"},
                                    {"layer_norm", "train against eval", "the same"},
                                    {"rms_norm", "input scale", "invariant"},
                                    {"rms_norm", "input shift", "changes"},
                                    {"batch_norm", "input shift", "invariant"},
                                    {"batch_norm", "weight scale", "invariant"},
                                    {"batch_norm", "batch composition", "changes"},
                                    {"dyt", "input scale", "changes"},
                                    {"weight_norm", "weight scale", "invariant"},
                                    {"weight_norm", "weight shift", "changes"},
                                    {"weight_standardization", "weight shift", "invariant"},
                                    {"centered_weight", "weight scale", "changes"}}) {
    INFO(type << ", " << property);
    CHECK(explained(type)["measured"][property]["answer"] == answer);
  }
  CHECK_THAT(explained("batch_norm")["measured"]["batch of one"]["answer"].get<std::string>(),
             ContainsSubstring("refused"));
}

}  // namespace norma
