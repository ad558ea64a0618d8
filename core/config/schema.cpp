#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/config/schema_parts.h"
#include "core/config/values.h"
#include "core/config/writer.h"

namespace norma {
namespace {

// The definitions that a schema's objects refer to: one of each registry met ("norm"), and one of
// each of its types ("norm.rms_norm").
class SchemaDefinitions {
 public:
  // Makes the registry's definitions unless they are there, and gives the reference to the whole
  // registry, or to one of its types.
  std::string reference(const RegistryBase& registry, const std::string& type = "");
  Json take() { return std::move(definitions_); }

 private:
  void define(const RegistryBase& registry, const std::string& name);

  Json definitions_ = Json::object();
};

// Writes the schema of one object: each option as a property.
class SchemaWriter final : public Fields {
 public:
  explicit SchemaWriter(SchemaDefinitions& definitions) : definitions_(definitions) {}
  // {"type": "object", "properties": …, "required": …, "additionalProperties": false}
  Json take();

  void flag(std::string_view name, bool& value, std::string_view help) override;
  void integer(std::string_view name, int64_t& value, std::string_view help, Is is) override;
  void number(std::string_view name, double& value, std::string_view help, Is is) override;
  void text(std::string_view name, std::string& value, std::string_view help, Is is) override;
  void choice(std::string_view name, std::string& value,
              std::initializer_list<std::string_view> choices, std::string_view help) override;
  void maybe_integer(std::string_view name, std::optional<int64_t>& value, std::string_view help,
                     Is is) override;
  void maybe_number(std::string_view name, std::optional<double>& value, std::string_view help,
                    Is is) override;
  void numbers(std::string_view name, std::vector<double>& value, std::string_view help,
               size_t count, Is is) override;
  void integers(std::string_view name, std::vector<int64_t>& value, std::string_view help,
                size_t count, Is is) override;
  void specs(std::string_view name, std::vector<Spec>& value, const RegistryBase& registry,
             std::string_view help) override;
  void spec(std::string_view name, Spec& value, const RegistryBase& registry, std::string_view help,
            Is is) override;
  void spec_choice(std::string_view name, SpecChoice& value, const RegistryBase& registry,
                   const SiteNames& sites, std::string_view help, Is is) override;
  void json(std::string_view name, Json& value, std::string_view help) override;
  void object(std::string_view name, FunctionRef<void(Fields&)> describe,
              std::string_view help) override;
  void rule(bool, std::string_view, std::string_view) override {}

 private:
  // Adds the property: `schema` with description and default, or listed as required.
  void put(std::string_view name, Json schema, std::string_view help, Json default_value,
           bool required);

  SchemaDefinitions& definitions_;
  Json properties_ = Json::object(), required_ = Json::array();
};

// An object with a choice for some sites, and a type with options beside them for the others.
Json object_by_site(const RegistryBase& registry, const SiteNames& sites, const Json& choice) {
  Json names = Json::array(), properties = Json::object(), one_named = Json::array();
  for (const Entry* entry : registry.entries()) names.push_back(entry->type);
  properties["type"] = Json{{"enum", std::move(names)}};
  for (const std::string& site : sites) {
    properties[site] = choice;
    one_named.push_back(Json{{"required", Json::array({site})}});
  }
  Json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!sites.empty()) schema["anyOf"] = std::move(one_named);
  return schema;
}

std::string SchemaDefinitions::reference(const RegistryBase& registry, const std::string& type) {
  const std::string name = pointer_name(registry.kind());
  if (!definitions_.contains(name)) define(registry, name);
  return "#/$defs/" + name + (type.empty() ? "" : "." + pointer_name(type));
}

void SchemaDefinitions::define(const RegistryBase& registry, const std::string& name) {
  definitions_[name] = nullptr;  // known from here on, so that a type may contain its own kind
  Json names = Json::array(), objects = Json::array();
  for (const Entry* entry : registry.entries()) {
    const std::string own = name + "." + pointer_name(entry->type);
    SchemaWriter writer(*this);
    Fields* const passes[] = {&writer};
    if (entry->describe) entry->describe(passes);
    Json object = writer.take();
    Json properties{{"type", {{"const", entry->type}, {"description", entry->summary}}}};
    properties.update(object["properties"]);
    object["properties"] = std::move(properties);
    object["description"] =
        entry->source.empty() ? entry->summary : entry->summary + " (" + entry->source + ")";
    definitions_[own] = std::move(object);
    names.push_back(entry->type);
    Json alternative = refer("#/$defs/" + own);
    alternative["required"] = Json::array({"type"});
    objects.push_back(std::move(alternative));
  }
  Json alternatives = Json::array({Json{{"enum", std::move(names)}}});
  alternatives.insert(alternatives.end(), objects.begin(), objects.end());
  definitions_[name] = Json{
      {"description", with_article(registry.kind()) + ": its name, or an object with \"type\""},
      {"oneOf", std::move(alternatives)}};
}

Json SchemaWriter::take() {
  Json schema{{"type", "object"}, {"properties", std::move(properties_)}};
  if (!required_.empty()) schema["required"] = std::move(required_);
  schema["additionalProperties"] = false;
  return schema;
}

void SchemaWriter::put(std::string_view name, Json schema, std::string_view help,
                       Json default_value, bool required) {
  if (!help.empty()) schema["description"] = help;
  if (required)
    required_.push_back(name);
  else
    schema["default"] = std::move(default_value);
  properties_[std::string(name)] = std::move(schema);
}

void SchemaWriter::flag(std::string_view name, bool& value, std::string_view help) {
  put(name, Json{{"type", "boolean"}}, help, value, false);
}

void SchemaWriter::integer(std::string_view name, int64_t& value, std::string_view help, Is is) {
  put(name, typed("integer", is), help, value, is.required);
}

void SchemaWriter::number(std::string_view name, double& value, std::string_view help, Is is) {
  put(name, typed("number", is), help, value, is.required);
}

void SchemaWriter::text(std::string_view name, std::string& value, std::string_view help, Is is) {
  put(name, text_schema(is), help, value, is.required);
}

void SchemaWriter::choice(std::string_view name, std::string& value,
                          std::initializer_list<std::string_view> choices, std::string_view help) {
  put(name, Json{{"enum", Json(std::vector<std::string_view>(choices))}}, help, value, false);
}

void SchemaWriter::maybe_integer(std::string_view name, std::optional<int64_t>& value,
                                 std::string_view help, Is is) {
  put(name, or_null(typed("integer", is)), help, value ? Json(*value) : Json(), is.required);
}

void SchemaWriter::maybe_number(std::string_view name, std::optional<double>& value,
                                std::string_view help, Is is) {
  put(name, or_null(typed("number", is)), help, value ? Json(*value) : Json(), is.required);
}

void SchemaWriter::numbers(std::string_view name, std::vector<double>& value, std::string_view help,
                           size_t count, Is is) {
  put(name, list_of(typed("number", is), count), help, value, is.required);
}

void SchemaWriter::integers(std::string_view name, std::vector<int64_t>& value,
                            std::string_view help, size_t count, Is is) {
  put(name, list_of(typed("integer", is), count), help, value, is.required);
}

void SchemaWriter::specs(std::string_view name, std::vector<Spec>& value,
                         const RegistryBase& registry, std::string_view help) {
  Json schema = list_of(refer(definitions_.reference(registry)), 0);
  schema["minItems"] = 1;
  put(name, std::move(schema), help, specs_json(value), value.empty());
}

void SchemaWriter::spec(std::string_view name, Spec& value, const RegistryBase& registry,
                        std::string_view help, Is is) {
  Json alternatives = Json::array({refer(definitions_.reference(registry))});
  // Options without "type" are those of the default's type.
  if (value) alternatives.push_back(refer(definitions_.reference(registry, value.type)));
  if (!is.required) alternatives.push_back(Json{{"type", "null"}});
  Json schema{{"anyOf", std::move(alternatives)}};
  put(name, std::move(schema), help, spec_json(value), is.required && !value);
}

// A spec, or by site, or by layers, each of the latter two made of the ones before.
void SchemaWriter::spec_choice(std::string_view name, SpecChoice& value,
                               const RegistryBase& registry, const SiteNames& sites,
                               std::string_view help, Is is) {
  const Json any = refer(definitions_.reference(registry));
  Json by_site_layer = layers_schema(object_by_site(registry, {}, any));
  Json alternatives = Json::array({any});
  if (value.spec) alternatives.push_back(refer(definitions_.reference(registry, value.spec.type)));
  if (!is.required) alternatives.push_back(Json{{"type", "null"}});
  if (!sites.empty())
    alternatives.push_back(
        object_by_site(registry, sites, Json{{"anyOf", Json::array({any, by_site_layer})}}));
  alternatives.push_back(layers_schema(object_by_site(registry, sites, any)));
  put(name, Json{{"anyOf", std::move(alternatives)}}, help, choice_json(value),
      is.required && !value);
}

void SchemaWriter::json(std::string_view name, Json& value, std::string_view help) {
  put(name, Json::object(), help, value, false);
}

void SchemaWriter::object(std::string_view name, FunctionRef<void(Fields&)> describe,
                          std::string_view help) {
  SchemaWriter nested(definitions_);
  describe(nested);
  Json schema = nested.take();
  const bool required = schema.contains("required");
  if (!help.empty()) schema["description"] = help;
  if (required) required_.push_back(name);
  properties_[std::string(name)] = std::move(schema);
}

}  // namespace

Json json_schema(std::string_view title, FunctionRef<void(Fields&)> describe) {
  SchemaDefinitions definitions;
  SchemaWriter writer(definitions);
  describe(writer);
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema.update(writer.take());
  schema["patternProperties"] = Json{{"^\\$", Json::object()}};
  schema["$defs"] = definitions.take();
  return schema;
}

}  // namespace norma
