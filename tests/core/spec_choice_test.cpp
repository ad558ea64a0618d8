// A choice by site and by layer: how it is read, written, resolved and refused.
#include "core/config/spec_choice.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/core/config_sample.h"

namespace norma {
namespace {

struct Holder {
  SpecChoice norm{Spec{"rms_norm"}};
  void describe(Fields& f) {
    f.spec_choice("norm", norm, sample_norms(), {"attn", "ffn", "final"}, "where norms are",
                  {.required = true});
  }
};

SpecChoice read_choice(const std::string& norm, Json* resolved = nullptr) {
  Holder holder;
  const Json made = read_config(parse_json(R"({"norm": )" + norm + "}", "a.json"), "a.json",
                                [&](Fields& f) { holder.describe(f); });
  if (resolved) *resolved = made["norm"];
  return holder.norm;
}

// Every fault, one a line.
std::string fault_lines(const std::string& norm) {
  try {
    read_choice(norm);
  } catch (const ConfigError& error) {
    std::string lines;
    for (const Fault& fault : error.faults()) lines += fault.str() + "\n";
    return lines;
  }
  return "";
}

std::string type_at(const SpecChoice& choice, const char* site, int64_t layer) {
  const Spec* found = choice.find(site, layer);
  return found ? found->type : "none";
}

}  // namespace

TEST_CASE("layers are named by numbers, ranges and lists of both", "[config]") {
  const auto held = [](const Json& given) {
    const auto layers = LayerSet::parse(given);
    REQUIRE(layers);
    std::string numbers;
    for (int64_t layer = 0; layer < 8; ++layer)
      if (layers->holds(layer)) numbers += std::to_string(layer);
    return numbers;
  };
  CHECK(held("3") == "3");
  CHECK(held(3) == "3");
  CHECK(held("0-3") == "0123");
  CHECK(held("5-") == "567");
  CHECK(held("0-1,4,6-") == "01467");
  for (const Json& wrong : {Json(""), Json("a"), Json("3-1"), Json("-3"), Json("0..3"), Json("1,"),
                            Json("0 - 3"), Json(-1), Json(2.5), Json(true), Json()})
    CHECK_FALSE(LayerSet::parse(wrong));
}

TEST_CASE("one spec holds everywhere, and is written as ever", "[config]") {
  Json resolved;
  const SpecChoice choice = read_choice(R"({"eps": 1e-3})", &resolved);
  CHECK(type_at(choice, "attn", 0) == "rms_norm");
  CHECK(type_at(choice, "final", 7) == "rms_norm");
  CHECK_FALSE(choice.find_named("attn", 0));
  CHECK(json_line(resolved) == R"({"type": "rms_norm", "eps": 0.001, "affine": true})");
}

TEST_CASE("a choice by site", "[config]") {
  Json resolved;
  const SpecChoice choice =
      read_choice(R"({"type": "group_norm", "groups": 4, "ffn": "layer_norm"})", &resolved);
  CHECK(type_at(choice, "ffn", 2) == "layer_norm");
  CHECK(type_at(choice, "attn", 2) == "group_norm");
  CHECK(choice.find_named("ffn", 2));
  CHECK_FALSE(choice.find_named("attn", 2));
  CHECK(json_line(resolved) ==
        R"({"type": "group_norm", "groups": 4, "eps": 1e-5, "ffn": {"type": "layer_norm"}})");

  const SpecChoice sites = read_choice(R"({"attn": "layer_norm", "ffn": {"eps": 2}})");
  CHECK(type_at(sites, "ffn", 0) == "rms_norm");
  CHECK(options_of<RmsOptions>(sites.at("ffn", 0)).eps == 2);
  CHECK(type_at(sites, "final", 0) == "none");
  CHECK_THROWS_WITH(sites.at("final", 3), "nothing is chosen for final of layer 3");
}

TEST_CASE("a choice by layers, by site within layers, and by layers within a site", "[config]") {
  Json resolved, again;
  const std::string text = R"([
      {"layers": "0-1", "type": "rms_norm", "eps": 0.5, "ffn": "layer_norm"},
      {"layers": "2-", "attn": "group_norm", "ffn": "rms_norm"}])";
  const SpecChoice choice = read_choice(text, &resolved);
  CHECK(type_at(choice, "attn", 1) == "rms_norm");
  CHECK(type_at(choice, "ffn", 1) == "layer_norm");
  CHECK(type_at(choice, "attn", 2) == "group_norm");
  CHECK(type_at(choice, "final", 1) == "rms_norm");
  CHECK(type_at(choice, "final", 2) == "none");
  read_choice(format_json(resolved), &again);
  CHECK(resolved == again);

  const SpecChoice inside = read_choice(R"({"attn": [{"layers": "0", "type": "layer_norm"},
                                              {"layers": "1-", "type": "rms_norm"}],
                                     "ffn": "group_norm"})",
                                        &resolved);
  CHECK(type_at(inside, "attn", 0) == "layer_norm");
  CHECK(type_at(inside, "attn", 5) == "rms_norm");
  CHECK(type_at(inside, "ffn", 5) == "group_norm");
  CHECK(json_line(resolved["attn"][0]) == R"({"layers": "0", "type": "layer_norm"})");
  read_choice(format_json(resolved), &again);
  CHECK(resolved == again);
}

TEST_CASE("what does not fit a choice is named with its place", "[config]") {
  CHECK(
      fault_lines(R"({"type": "rms_norm", "fnn": "layer_norm"})") ==
      "norm.fnn: found \"layer_norm\", expected a site (attn, ffn or final); did you mean ffn?\n");
  CHECK(fault_lines(R"({"attn": "rms_norm", "qk": "rms_norm"})") ==
        "norm.qk: found \"rms_norm\", expected a site (attn, ffn or final)\n");
  CHECK(fault_lines(R"({"atn": "rms_norm"})") ==
        "norm.atn: found \"rms_norm\", expected a site (attn, ffn or final); did you mean attn?\n");
  CHECK(
      fault_lines(R"({"attn": "rms_nrom"})") ==
      "norm.attn: found \"rms_nrom\", expected a norm (rms_norm, group_norm, layer_norm); did you "
      "mean rms_norm?\n");
  CHECK(fault_lines(R"({"attn": null})") ==
        "norm.attn: found null, expected a norm (group_norm, layer_norm, rms_norm)\n");
  CHECK(fault_lines(R"({"type": "rms_norm", "stem": "layer_norm"})") ==
        "norm.stem: found \"layer_norm\", expected a site (attn, ffn or final)\n");
  CHECK(fault_lines(R"({"site": "ffn", "type": "rms_norm"})") ==
        "norm.site: found \"ffn\", expected the site as the key: {\"ffn\": …}\n");
  // An option's misspelling stays one.
  CHECK(fault_lines(R"({"esp": 1e-3})") ==
        "norm.esp: found 0.001, expected an option of rms_norm; did you mean eps?\n");
  CHECK(fault_lines(R"({"attn": {"attn": "rms_norm"}})") ==
        "norm.attn.attn: found \"rms_norm\", expected an option of rms_norm (eps or affine)\n");
}

TEST_CASE("faults of ranges are named with what is wrong", "[config]") {
  CHECK(fault_lines(R"([{"layers": "0-3", "type": "rms_norm"}, {"layers": "2-", "eps": 1}])") ==
        "norm.1.layers: found \"2-\", expected layers that stand in no other range: 2 is in "
        "\"0-3\" too\n");
  CHECK(fault_lines(R"([{"layers": "3-0", "type": "rms_norm"}, {"type": "rms_norm"}])") ==
        "norm.0.layers: found \"3-0\", expected layers, numbered from 0, such as \"3\", \"0-3\", "
        "\"4-\" or \"0-2,5\"\n"
        "norm.1.layers: found nothing, expected layers, numbered from 0, such as \"3\", \"0-3\", "
        "\"4-\" or \"0-2,5\"\n");
  CHECK(fault_lines(R"([{"layers": "0-3"}])") ==
        "norm.0.type: found nothing, expected a norm (group_norm, layer_norm, rms_norm)\n");
  CHECK(fault_lines("[]") ==
        "norm: found [], expected at least one {\"layers\": …, \"type\": …}\n");
  CHECK(fault_lines(R"(["rms_norm"])") ==
        "norm.0: found \"rms_norm\", expected an object {\"layers\": …, \"type\": …}\n");
}

TEST_CASE("overrides reach sites and ranges", "[config]") {
  Json config = parse_json(R"({"norm": "rms_norm", "list": [{"layers": "0-"}]})", "a.json");
  const std::vector<std::string> assignments = {"norm.ffn=layer_norm", "list.0.type=rms_norm"};
  apply_overrides(config, assignments);
  CHECK(json_line(config["norm"]) == R"({"type": "rms_norm", "ffn": "layer_norm"})");
  CHECK(json_line(config["list"]) == R"([{"layers": "0-", "type": "rms_norm"}])");
}

TEST_CASE("the schema of a choice offers a spec, sites and layers", "[config]") {
  const Json schema = json_schema("", [](Fields& f) {
    Holder holder;
    holder.describe(f);
  });
  const Json& forms = schema["properties"]["norm"]["anyOf"];
  REQUIRE(forms.size() == 4);
  CHECK(json_line(forms[0]) == R"({"$ref": "#/$defs/norm"})");
  CHECK(json_line(forms[1]) == R"({"$ref": "#/$defs/norm.rms_norm"})");
  CHECK(forms[2]["properties"].contains("attn"));
  CHECK(json_line(forms[2]["anyOf"][0]) == R"({"required": ["attn"]})");
  CHECK(forms[3]["type"] == "array");
  CHECK(json_line(forms[3]["items"]["required"]) == R"(["layers"])");
  CHECK(forms[3]["items"]["properties"].contains("ffn"));
}

}  // namespace norma
