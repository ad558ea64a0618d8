#pragma once

#include <memory>

#include "core/config/fields.h"

namespace norma {

// The spec as JSON: its resolved object, or its type alone, or null.
Json spec_json(const Spec& spec);
Json specs_json(const std::vector<Spec>& specs);

// Writes the value every option has, in the order described.
class Writer final : public Fields {
 public:
  Writer();
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
  void put(std::string_view name, Json value);

  std::shared_ptr<Json> object_;
};

}  // namespace norma
