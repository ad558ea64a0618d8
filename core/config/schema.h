#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/fields.h"

namespace norma {

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
  void spec(std::string_view name, Spec& value, const RegistryBase& registry, std::string_view help,
            Is is) override;
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

}  // namespace norma
