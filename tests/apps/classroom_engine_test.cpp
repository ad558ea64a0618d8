#include "apps/classroom/engine.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/io/sha256.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/paths.h"

namespace norma::classroom {
namespace {

Json asked(const Json& request) { return parse_json(run_norm(request.dump()), "the answer"); }

Json eight_numbers(const Json& spec) {
  return {{"spec", spec},
          {"shape", {1, 1, 8}},
          {"input", {1, 2, 3, 4, 5, 6, 7, 8}},
          {"grad_output", {1, 0, 0, 0, 0, 0, 0, 0}}};
}

std::string error_of(const Json& request) { return asked(request).value("error", "none"); }

bool near(const Json& a, const Json& b) {
  if (!a.is_number() || !b.is_number()) return a == b;
  return a.get<double>() == Approx(b.get<double>()).epsilon(1e-9).margin(1e-9);
}

}  // namespace

TEST_CASE("the engine lists every norm with its options", "[apps]") {
  const Json list = parse_json(list_norms(), "the list");
  CHECK(list["norms"].size() == norm_registry().entries().size());
  for (const Json& norm : list["norms"]) {
    INFO(norm["type"]);
    const std::string type = norm["type"];
    CHECK_FALSE(norm["summary"].get<std::string>().empty());
    CHECK(list["schema"]["norm." + type]["properties"].contains("type"));
  }
}

TEST_CASE("the engine answers with numbers", "[apps]") {
  Json request = eight_numbers(Json{{"type", "layer_norm"}, {"eps", 0}});
  request["derivative"] = {{"of", "dx"}, {"text", "dy*w*r"}};
  const Json answer = asked(request);
  CHECK(answer["tensors"]["output"]["shape"] == Json{1, 1, 8});
  CHECK(answer["domains"]["mean"] == Json{4.5});
  CHECK(answer["domains"]["variance"] == Json{5.25});
  CHECK(near(answer["read"]["stats"][0][0], 1 / std::sqrt(5.25)));
  CHECK(near(answer["domains"]["one_dx"][0], 0));
  CHECK(near(answer["domains"]["u_dx"][0], 0));
  CHECK(answer["state"]["param.weight"]["values"] == Json(std::vector<double>(8, 1.0)));
  CHECK(answer["derivative"]["equal"] == false);
  request["state"] = {{"param.weight", {2, 2, 2, 2, 2, 2, 2, 2}}};
  CHECK(near(asked(request)["tensors"]["output"]["values"][0],
             2 * answer["tensors"]["output"]["values"][0].get<double>()));
  request["dtype"] = "float32";
  CHECK(asked(request)["tensors"]["output"]["values"][0] !=
        2 * answer["tensors"]["output"]["values"][0].get<double>());
}

TEST_CASE("the engine refuses in words", "[apps]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(run_norm("{"), ContainsSubstring("error"));
  CHECK_THAT(error_of(eight_numbers("layr_norm")), ContainsSubstring("did you mean layer_norm?"));
  CHECK_THAT(error_of(eight_numbers("batch_norm")), ContainsSubstring("single value"));
  CHECK_THAT(error_of(eight_numbers("group_norm")), ContainsSubstring("32 groups"));
  const Json typed = asked(eight_numbers(Json{{"type", "formula"}, {"map", "(x - m) * rr"}}));
  CHECK(typed["faults"][0]["path"] == "spec.map");
  CHECK_THAT(typed["faults"][0]["expected"].get<std::string>(),
             ContainsSubstring("\n    (x - m) * rr\n              ^"));
  Json request = eight_numbers("layer_norm");
  request["shape"] = {1, 1, 9};
  CHECK_THAT(error_of(request), ContainsSubstring("asks for 9"));
  request["shape"] = {1000, 1000, 1000};
  CHECK_THAT(error_of(request), ContainsSubstring("more than 4096"));
  request = eight_numbers("layer_norm");
  request["state"] = {{"param.gamma", {1}}};
  CHECK_THAT(error_of(request), ContainsSubstring("weight"));
  request["state"] = {{"param.weight", "all"}};
  CHECK_THAT(error_of(request), ContainsSubstring("expected a list of numbers"));
  request = eight_numbers("sequence");
  request["derivative"] = {{"of", "dy/dx"}, {"text", "1"}};
  CHECK_THAT(asked(request)["derivative"]["refused"].get<std::string>(),
             ContainsSubstring("made of others"));
}

TEST_CASE("the engine in WebAssembly is that of these sources", "[apps]") {
  const std::filesystem::path folder = source_dir() / "apps/classroom/wasm";
  const Json recorded = load_json(folder / "engine.json");
  const Json native = parse_json(fingerprint(), "the fingerprint");
  INFO("norms changed since it was compiled: ./norma engine compiles it anew");
  CHECK(recorded["sha256"] == io::sha256_of_file(folder / "engine.wasm.gz"));
  CHECK(recorded["list"] == native["list"]);
  REQUIRE(recorded["norms"].size() == native["norms"].size());
  for (const auto& [type, modes] : native["norms"].items())
    for (const auto& [mode, sums] : modes.items())
      for (const auto& [name, sum] : sums.items()) {
        INFO(type << " " << mode << " " << name);
        REQUIRE(recorded["norms"].contains(type));
        CHECK(near(recorded["norms"][type][mode].value(name, Json()), sum));
      }
}

}  // namespace norma::classroom
