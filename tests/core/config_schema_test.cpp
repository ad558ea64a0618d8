#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/core/config_sample.h"

namespace norma {
namespace {

Json sample_schema() {
  Sample sample;
  return json_schema("a sample", [&](Fields& fields) { sample.describe(fields); });
}

// A registry whose types contain their own kind, as blocks contain blocks.
Registry<int>& blocks() {
  static Registry<int> registry("residual block");
  return registry;
}
struct BlockOptions {
  Spec inner;
  int64_t width = 0;
  void describe(Fields& f) {
    f.integer("width", width, "", {.required = true});
    f.spec("inner", inner, blocks(), "");
  }
};

}  // namespace

TEST_CASE("the schema says what the reader checks", "[config]") {
  const Json schema = sample_schema();
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["title"] == "a sample");
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["patternProperties"].dump() == R"({"^\\$":{}})");
  const Json& properties = schema["properties"];
  CHECK(json_line(properties["verbose"]) ==
        R"({"type": "boolean", "description": "whether to say more", "default": false})");
  CHECK(json_line(properties["name"]) ==
        R"({"type": "string", "minLength": 1, "description": "of the run", "default": "run"})");
  CHECK(json_line(properties["betas"]) ==
        R"({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, )"
        R"("description": "decay of the moments", "default": [0.9, 0.999]})");
  const Json& model = properties["model"];
  CHECK(model["additionalProperties"] == false);
  CHECK(model["description"] == "what is trained");
  CHECK(json_line(model["properties"]["dropout"]) ==
        R"({"type": "number", "minimum": 0, "exclusiveMaximum": 1, )"
        R"("description": "share of values set to zero", "default": 0.0})");
  CHECK(json_line(model["properties"]["cap"]) ==
        R"({"type": ["number", "null"], "exclusiveMinimum": 0, )"
        R"("description": "largest logit; null for none", "default": 30.0})");
  CHECK(json_line(model["properties"]["activation"]["enum"]) == R"(["gelu", "relu", "silu"])");
}

TEST_CASE("registries become alternatives by type", "[config]") {
  const Json schema = sample_schema();
  const Json& model = schema["properties"]["model"]["properties"];
  CHECK(json_line(model["norm"]["anyOf"]) ==
        R"([{"$ref": "#/$defs/norm"}, {"$ref": "#/$defs/norm.rms_norm"}])");
  CHECK(json_line(model["qk_norm"]["anyOf"]) == R"([{"$ref": "#/$defs/norm"}, {"type": "null"}])");
  CHECK(json_line(schema["$defs"]["norm"]["oneOf"]) ==
        R"([{"enum": ["group_norm", "layer_norm", "rms_norm"]}, )"
        R"({"$ref": "#/$defs/norm.group_norm", "required": ["type"]}, )"
        R"({"$ref": "#/$defs/norm.layer_norm", "required": ["type"]}, )"
        R"({"$ref": "#/$defs/norm.rms_norm", "required": ["type"]}])");
  const Json& group = schema["$defs"]["norm.group_norm"];
  CHECK(group["properties"]["type"]["const"] == "group_norm");
  CHECK(group["properties"]["groups"]["minimum"] == 1);
  CHECK(group["additionalProperties"] == false);
  CHECK(group["description"] == "standardizes groups of channels (Wu and He 2018)");
}

TEST_CASE("a type may contain its own kind; required options are listed", "[config]") {
  if (!blocks().find("plain"))
    blocks().add({"plain", "a block", "", describe_options<BlockOptions>()}, 1);
  Spec block;
  const Json schema =
      json_schema("", [&](Fields& f) { f.spec("block", block, blocks(), "", {.required = true}); });
  CHECK(json_line(schema["required"]) == R"(["block"])");
  const Json& plain = schema["$defs"]["residual_block.plain"];
  CHECK(json_line(plain["required"]) == R"(["width"])");
  CHECK(plain["properties"]["inner"]["anyOf"][0]["$ref"] == "#/$defs/residual_block");
}

TEST_CASE("the table of a type's options", "[config]") {
  std::string table;
  for (const auto& [name, value, type, help, choices] :
       options_help(*sample_norms().find("group_norm")))
    table += name + " | " + value + " | " + type + " | " + help + "\n";
  CHECK(table ==
        "groups | 8 | integer of at least 1 | groups of channels\n"
        "eps | 1e-5 | number above 0 | added to the variance\n");

  const Entry sample{"sample", "", "", describe_options<Sample>()};
  table.clear();
  for (const auto& [name, value, type, help, choices] : options_help(sample))
    table += name + " | " + value + " | " + type + "\n";
  CHECK(table ==
        "verbose | false | true or false\n"
        "name | \"run\" | text that is not empty\n"
        "model.width | 128 | integer of at least 1\n"
        "model.heads | 4 | integer of at least 1\n"
        "model.dropout | 0.0 | number of at least 0 and below 1\n"
        "model.activation | \"gelu\" | gelu, relu or silu\n"
        "model.window | null | integer of at least 1, or null\n"
        "model.cap | 30.0 | number above 0, or null\n"
        "model.norm | \"rms_norm\" | norm\n"
        "model.qk_norm | null | norm, or null\n"
        "betas | [0.9, 0.999] | list of 2 numbers\n"
        "milestones | [] | list of integers\n");
  const Entry block{"block", "", "", describe_options<BlockOptions>()};
  CHECK(options_help(block)[0].default_value.empty());
}

}  // namespace norma
