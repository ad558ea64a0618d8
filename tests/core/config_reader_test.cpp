#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/core/config_sample.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Reads `text` as the sample config.
Json read_sample(const std::string& text, Sample* into = nullptr) {
  Sample sample;
  Json resolved = read_config(parse_json(text, "a.json"), "a.json",
                              [&](Fields& fields) { sample.describe(fields); });
  if (into) *into = sample;
  return resolved;
}

std::vector<Fault> sample_faults(const std::string& text) {
  try {
    read_sample(text);
  } catch (const ConfigError& error) {
    CHECK(error.source() == "a.json");
    return error.faults();
  }
  return {};
}

// The single fault of `text` as its message.
std::string fault_of(const std::string& text) {
  const std::vector<Fault> faults = sample_faults(text);
  REQUIRE(faults.size() == 1);
  return faults[0].str();
}

}  // namespace

TEST_CASE("an empty config gives every default, in the order described", "[config]") {
  Sample sample;
  CHECK(json_line(read_sample("{}", &sample)) ==
        R"({"verbose": false, "name": "run", "model": {"width": 128, "heads": 4, )"
        R"("dropout": 0.0, "activation": "gelu", "window": null, "cap": 30.0, )"
        R"("norm": {"type": "rms_norm", "eps": 1e-6, "affine": true}, "qk_norm": null}, )"
        R"("betas": [0.9, 0.999], "milestones": []})");
  CHECK(sample.model.norm.type == "rms_norm");
  CHECK(options_of<RmsOptions>(sample.model.norm).eps == 1e-6);
  CHECK_FALSE(sample.model.qk_norm);
}

TEST_CASE("values are taken, and the resolved config reads back as itself", "[config]") {
  Sample sample;
  const Json resolved = read_sample(R"({
      "$schema": "../schema.json", "$comment": ["a", "note"],
      "verbose": true, "name": "é", "betas": [0.8, 1], "milestones": [1e3, 2000.0, 3000],
      "model": {"width": 1e2, "heads": 5, "dropout": 0.30000000000000004, "activation": "relu",
                "window": 16, "cap": null, "norm": "group_norm",
                "qk_norm": {"eps": 1e-5, "type": "rms_norm"}}})",
                                    &sample);
  CHECK(sample.verbose);
  CHECK(sample.name == "é");
  CHECK(sample.betas == std::vector<double>{0.8, 1.0});
  CHECK(sample.milestones == std::vector<int64_t>{1000, 2000, 3000});
  CHECK(sample.model.width == 100);
  CHECK(sample.model.heads == 5);
  CHECK(sample.model.dropout == 0.30000000000000004);
  CHECK(sample.model.activation == "relu");
  CHECK(sample.model.window == 16);
  CHECK_FALSE(sample.model.cap);
  CHECK(options_of<GroupOptions>(sample.model.norm).groups == 8);
  CHECK(options_of<RmsOptions>(sample.model.qk_norm).eps == 1e-5);
  CHECK(options_of<RmsOptions>(sample.model.qk_norm).affine);

  Sample again;
  CHECK(read_sample(format_json(resolved), &again) == resolved);
  CHECK(again.model.dropout == sample.model.dropout);
  CHECK(json_line(resolved).find("$") == std::string::npos);
}

TEST_CASE("every fault is reported at once, at any depth", "[config]") {
  const auto faults = sample_faults(R"({
      "verbos": true, "name": 3, "betas": [0.9], "milestones": [1, 2.5],
      "model": {"width": 100, "heads": 3, "dropout": 1.5, "activation": "gleu", "window": "16",
                "norm": {"type": "rms_nrom"}, "qk_norm": {"type": "group_norm", "esp": 1e-5,
                "groups": 0}}})");
  std::string all;
  for (const Fault& fault : faults) all += fault.str() + "\n";
  CHECK(all ==
        "name: found 3, expected a text that is not empty\n"
        "model.dropout: found 1.5, expected a number of at least 0 and below 1\n"
        "model.activation: found \"gleu\", expected gelu, relu or silu; did you mean gelu?\n"
        "model.window: found \"16\", expected an integer of at least 1, or null; did you mean 16 "
        "without quotes?\n"
        "model.norm.type: found \"rms_nrom\", expected a norm (rms_norm, group_norm, layer_norm); "
        "did you mean rms_norm?\n"
        "model.qk_norm.groups: found 0, expected an integer of at least 1\n"
        "model.qk_norm.esp: found 1e-5, expected an option of group_norm; did you mean eps?\n"
        "model.heads: found 3, expected a divisor of width\n"
        "betas: found [0.9], expected a list of 2 numbers\n"
        "milestones.1: found 2.5, expected an integer of at least 0\n"
        "verbos: found true, expected an option of the config; did you mean verbose?\n");
}

TEST_CASE("the error lists its faults a line each under the source", "[config]") {
  try {
    read_sample(R"({"nam": 1, "betas": null})");
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(error.summary() == "a.json has 2 faults");
    CHECK(std::string(error.what()) ==
          "a.json has 2 faults:\n"
          "  betas: found null, expected a list of 2 numbers\n"
          "  nam: found 1, expected an option of the config; did you mean name?");
  }
  CHECK_THROWS_WITH(read_sample("[]"),
                    "a.json has a fault:\n  the whole: found [], expected an object {…}");
}

TEST_CASE("integers are whole numbers however written", "[config]") {
  const auto width = [](const std::string& value) {
    Sample sample;
    read_sample("{\"model\": {\"width\": " + value + ", \"heads\": 1}}", &sample);
    return sample.model.width;
  };
  CHECK(width("1e3") == 1000);
  CHECK(width("1000.0") == 1000);
  CHECK(width("9223372036854775807") == INT64_MAX);
  for (const char* wrong : {"3.5", "\"3\"", "true", "null", "[3]", "0", "-1", "1e19",
                            "9223372036854775808", "18446744073709551615", "1e300"})
    CHECK_THAT(fault_of("{\"model\": {\"heads\": 1, \"width\": " + std::string(wrong) + "}}"),
               ContainsSubstring("expected an integer of at least 1"));
}

TEST_CASE("numbers are numbers", "[config]") {
  for (const char* wrong : {"\"0.5\"", "true", "null", "{}"})
    CHECK_THAT(fault_of("{\"model\": {\"dropout\": " + std::string(wrong) + "}}"),
               ContainsSubstring("expected a number of at least 0 and below 1"));
  CHECK(fault_of(R"({"model": {"cap": 0}})") ==
        "model.cap: found 0, expected a number above 0, or null");
  CHECK(fault_of(R"({"verbose": 1})") == "verbose: found 1, expected true or false");
  CHECK(fault_of(R"({"verbose": "True"})") ==
        "verbose: found \"True\", expected true or false; did you mean true?");
  CHECK(fault_of(R"({"betas": [0.9, "0.95"]})") ==
        "betas.1: found \"0.95\", expected a number; did you mean 0.95 without quotes?");
}

TEST_CASE("an unknown key without a near one lists the keys, or the place it belongs to",
          "[config]") {
  CHECK(fault_of(R"({"epochs": 3})") ==
        "epochs: found 3, expected an option of the config (verbose, name, model, betas or "
        "milestones)");
  CHECK(fault_of(R"({"heads": 3})") ==
        "heads: found 3, expected an option of the config (verbose, name, model, betas or "
        "milestones); did you mean model.heads?");
  CHECK_THAT(fault_of(R"({"model": {"$comment": "x"}})"),
             ContainsSubstring("expected an option of model"));
}

TEST_CASE("a long value is cut in the message", "[config]") {
  const std::string message = fault_of("{\"betas\": \"" + std::string(500, 'x') + "\"}");
  CHECK(message.size() < 120);
  CHECK_THAT(message, ContainsSubstring("x…, expected"));
}

TEST_CASE("specs: null, a name, an object; the default's type and options", "[config]") {
  Sample sample;
  // Without "type": the default's type.
  read_sample(R"({"model": {"norm": {"eps": 1e-3}}})", &sample);
  CHECK(sample.model.norm.type == "rms_norm");
  CHECK(options_of<RmsOptions>(sample.model.norm).eps == 1e-3);
  // No default: a type is needed.
  CHECK(fault_of(R"({"model": {"qk_norm": {"eps": 1e-3}}})") ==
        "model.qk_norm.type: found nothing, expected a norm (group_norm, layer_norm, rms_norm), "
        "or null");
  CHECK(fault_of(R"({"model": {"norm": null}})") ==
        "model.norm: found null, expected a norm (group_norm, layer_norm, rms_norm)");
  CHECK(fault_of(R"({"model": {"norm": 3}})") ==
        "model.norm: found 3, expected a norm (group_norm, layer_norm, rms_norm)");
  CHECK(fault_of(R"({"model": {"norm": {"type": 3}}})") ==
        "model.norm.type: found 3, expected a norm (group_norm, layer_norm, rms_norm)");
  CHECK(fault_of(R"({"model": {"norm": "LayerNrom"}})") ==
        "model.norm: found \"LayerNrom\", expected a norm (layer_norm, group_norm, rms_norm); did "
        "you mean layer_norm?");
  // A type without options has none to offer.
  CHECK(fault_of(R"({"model": {"norm": {"type": "layer_norm", "groups": 4}}})") ==
        "model.norm.groups: found 4, expected no such key: layer_norm has no options");
}

TEST_CASE("the options of a default spec stay when its type is named", "[config]") {
  struct Holder {
    Spec norm{"rms_norm", std::make_shared<const Json>(Json{{"eps", 0.5}})};
    void describe(Fields& f) { f.spec("norm", norm, sample_norms(), ""); }
  };
  const auto eps = [](const char* text) {
    Holder holder;
    read_config(parse_json(text, ""), "", [&](Fields& f) { holder.describe(f); });
    const auto& options = *holder.norm.options;
    return options.contains("eps") ? options["eps"].get<double>() : -1;
  };
  CHECK(eps("{}") == 0.5);
  CHECK(eps(R"({"norm": "rms_norm"})") == 0.5);
  CHECK(eps(R"({"norm": {"affine": false}})") == 0.5);
  CHECK(eps(R"({"norm": {"type": "rms_norm", "eps": 0.25}})") == 0.25);
  CHECK(eps(R"({"norm": "group_norm"})") == 1e-5);
}

TEST_CASE("required options", "[config]") {
  int64_t width = 0;
  std::optional<int64_t> depth;
  Spec norm;
  std::vector<double> scales;
  const auto describe = [&](Fields& f) {
    f.object(
        "model",
        [&](Fields& m) {
          m.integer("width", width, "", {.required = true, .min = 1});
          m.maybe_integer("depth", depth, "", {.required = true});
          m.spec("norm", norm, sample_norms(), "", {.required = true});
          m.numbers("scales", scales, "", 3, {.required = true});
        },
        "");
  };
  try {
    read_config(Json::object(), "a.json", describe);
    FAIL("accepted");
  } catch (const ConfigError& error) {
    REQUIRE(error.faults().size() == 4);
    CHECK(error.faults()[0].str() ==
          "model.width: found nothing, expected an integer of at least 1");
    CHECK(error.faults()[1].str() == "model.depth: found nothing, expected an integer, or null");
    CHECK(error.faults()[2].str() ==
          "model.norm: found nothing, expected a norm (group_norm, layer_norm, rms_norm)");
    CHECK(error.faults()[3].str() == "model.scales: found nothing, expected a list of 3 numbers");
  }
  CHECK_NOTHROW(read_config(parse_json(R"({"model": {"width": 3, "depth": null,
      "norm": "rms_norm", "scales": [1, 2, 3]}})",
                                       ""),
                            "", describe));
}

TEST_CASE("a rule is judged by values that were read, not by defaults of refused ones",
          "[config]") {
  CHECK(fault_of(R"({"model": {"width": 100, "heads": 3}})") ==
        "model.heads: found 3, expected a divisor of width");
  CHECK(fault_of(R"({"model": {"width": 6}})") ==
        "model.heads: found 4 (the default), expected a divisor of width");
  // width is refused and keeps its default 128, of which 3 is no divisor either.
  CHECK(fault_of(R"({"model": {"width": "6", "heads": 3}})") ==
        "model.width: found \"6\", expected an integer of at least 1; did you mean 6 without "
        "quotes?");
  // An unrelated fault does not hide the rule's.
  CHECK(sample_faults(R"({"model": {"heads": 3, "dropout": 7}})").size() == 2);
}

TEST_CASE("make_spec checks a lone spec", "[config]") {
  const Spec spec = make_spec("group_norm", sample_norms(), "a.json");
  CHECK(json_line(*spec.options) == R"({"type": "group_norm", "groups": 8, "eps": 1e-5})");
  CHECK_NOTHROW(make_spec(Json{{"type", "rms_norm"}, {"$schema", "x"}}, sample_norms(), ""));
  CHECK_THROWS_WITH(make_spec(Json{{"type", "group_norm"}, {"group", 4}}, sample_norms(), "a.json"),
                    "a.json has a fault:\n  group: found 4, expected an option of group_norm; did "
                    "you mean groups?");
  CHECK_THROWS_WITH(make_spec(Json{{"groups", 4}}, sample_norms(), "a.json"),
                    ContainsSubstring("type: found nothing, expected a norm (group_norm"));
  CHECK_THROWS_WITH(make_spec(nullptr, sample_norms(), "a.json"),
                    ContainsSubstring("the whole: found null, expected a norm (group_norm"));
}

TEST_CASE("a spec made by hand is checked when its options are read", "[config]") {
  CHECK(options_of<GroupOptions>(Spec{"group_norm"}).groups == 8);
  const Spec wrong{"group_norm", std::make_shared<const Json>(Json{{"groups", 0}})};
  CHECK_THROWS_WITH(
      options_of<GroupOptions>(wrong),
      "group_norm has a fault:\n  groups: found 0, expected an integer of at least 1");
}

TEST_CASE("mistakes of the description itself are named", "[config]") {
  int64_t number = 0;
  const auto twice = [&](Fields& f) {
    f.integer("a", number, "");
    f.integer("a", number, "");
  };
  CHECK_THROWS_AS(read_config(Json::object(), "", twice), std::logic_error);
  const auto early_rule = [&](Fields& f) {
    f.rule(true, "a", "b");
    f.integer("a", number, "");
  };
  CHECK_THROWS_AS(read_config(Json::object(), "", early_rule), std::logic_error);
}

}  // namespace norma
