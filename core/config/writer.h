#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/config/fields.h"

namespace norma {

// The spec as JSON: its resolved object, or its type alone, or null.
Json spec_json(const Spec& spec);

// Writes the value every option has, in the order described.
class Writer final : public Fields {
 public:
  Json take() { return std::move(object_); }

  void flag(std::string_view name, bool& value, std::string_view) override { put(name, value); }
  void integer(std::string_view name, int64_t& value, std::string_view, Is) override {
    put(name, value);
  }
  void number(std::string_view name, double& value, std::string_view, Is) override {
    put(name, value);
  }
  void text(std::string_view name, std::string& value, std::string_view, Is) override {
    put(name, value);
  }
  void choice(std::string_view name, std::string& value, std::initializer_list<std::string_view>,
              std::string_view) override {
    put(name, value);
  }
  void maybe_integer(std::string_view name, std::optional<int64_t>& value, std::string_view,
                     Is) override {
    put(name, value ? Json(*value) : Json());
  }
  void maybe_number(std::string_view name, std::optional<double>& value, std::string_view,
                    Is) override {
    put(name, value ? Json(*value) : Json());
  }
  void numbers(std::string_view name, std::vector<double>& value, std::string_view, size_t,
               Is) override {
    put(name, value);
  }
  void integers(std::string_view name, std::vector<int64_t>& value, std::string_view, size_t,
                Is) override {
    put(name, value);
  }
  void spec(std::string_view name, Spec& value, const RegistryBase&, std::string_view,
            Is) override {
    put(name, spec_json(value));
  }
  void object(std::string_view name, FunctionRef<void(Fields&)> describe,
              std::string_view) override {
    Writer nested;
    describe(nested);
    put(name, nested.take());
  }
  void rule(bool, std::string_view, std::string_view) override {}

 private:
  void put(std::string_view name, Json value) { object_[std::string(name)] = std::move(value); }

  Json object_ = Json::object();
};

}  // namespace norma
