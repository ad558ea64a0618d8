#include "core/config/writer.h"

#include <nlohmann/json.hpp>

namespace norma {
namespace {

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

Json spec_json(const Spec& spec) {
  if (!spec) return nullptr;
  return spec.options ? *spec.options : Json{{"type", spec.type}};
}

Json specs_json(const std::vector<Spec>& specs) {
  Json list = Json::array();
  for (const Spec& spec : specs) list.push_back(spec_json(spec));
  return list;
}

Writer::Writer() : object_(std::make_shared<Json>(Json::object())) {}

Json Writer::take() { return std::move(*object_); }

void Writer::put(std::string_view name, Json value) {
  (*object_)[std::string(name)] = std::move(value);
}

void Writer::flag(std::string_view name, bool& value, std::string_view) { put(name, value); }

void Writer::integer(std::string_view name, int64_t& value, std::string_view, Is) {
  put(name, value);
}

void Writer::number(std::string_view name, double& value, std::string_view, Is) {
  put(name, value);
}

void Writer::text(std::string_view name, std::string& value, std::string_view, Is) {
  put(name, value);
}

void Writer::choice(std::string_view name, std::string& value,
                    std::initializer_list<std::string_view>, std::string_view) {
  put(name, value);
}

void Writer::maybe_integer(std::string_view name, std::optional<int64_t>& value, std::string_view,
                           Is) {
  put(name, or_null(value));
}

void Writer::maybe_number(std::string_view name, std::optional<double>& value, std::string_view,
                          Is) {
  put(name, or_null(value));
}

void Writer::numbers(std::string_view name, std::vector<double>& value, std::string_view, size_t,
                     Is) {
  put(name, value);
}

void Writer::integers(std::string_view name, std::vector<int64_t>& value, std::string_view, size_t,
                      Is) {
  put(name, value);
}

void Writer::specs(std::string_view name, std::vector<Spec>& value, const RegistryBase&,
                   std::string_view) {
  put(name, specs_json(value));
}

void Writer::spec(std::string_view name, Spec& value, const RegistryBase&, std::string_view, Is) {
  put(name, spec_json(value));
}

void Writer::spec_choice(std::string_view name, SpecChoice& value, const RegistryBase&,
                         const SiteNames&, std::string_view, Is) {
  put(name, choice_json(value));
}

void Writer::json(std::string_view name, Json& value, std::string_view) { put(name, value); }

void Writer::object(std::string_view name, FunctionRef<void(Fields&)> describe, std::string_view) {
  Writer nested;
  describe(nested);
  put(name, nested.take());
}

}  // namespace norma
