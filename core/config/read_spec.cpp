#include <nlohmann/json.hpp>

#include "core/config/reader.h"
#include "core/config/values.h"
#include "core/config/writer.h"

namespace norma {
namespace {

void merge(Json& given, const Json& defaults) {
  for (const auto& [key, value] : defaults.items())
    if (!given.contains(key)) given[key] = value;
}

}  // namespace

std::string expected_spec(const RegistryBase& registry, bool null_allowed, std::string_view wrong) {
  return with_article(registry.kind()) + " (" + registry.known(wrong) +
         (null_allowed ? "), or null" : ")");
}

Spec read_spec(Findings& findings, const Json& given, const Spec& fallback,
               const RegistryBase& registry, const std::string& path, bool null_allowed,
               ExtraKeys extra) {
  if (given.is_null() && null_allowed) return {};
  const auto refuse = [&](const std::string& at, const std::string& found,
                          std::string_view wrong = {}) {
    findings.add(
        {at, found, expected_spec(registry, null_allowed, wrong), registry.nearest(wrong)});
    return fallback;
  };

  Json object = given;
  std::string type_path = join(path, "type");
  if (given.is_string()) {
    object = Json{{"type", given}};
    type_path = path;
  }
  if (!object.is_object()) return refuse(path, shown(given));
  if (!object.contains("type")) {
    if (!fallback) return refuse(type_path, "nothing");
    object["type"] = fallback.type;
  }
  if (!object["type"].is_string()) return refuse(type_path, shown(object["type"]));

  const std::string type = object["type"].get<std::string>();
  const Entry* entry = registry.find(type);
  if (!entry) return refuse(type_path, shown(object["type"]), type);
  if (type == fallback.type && fallback.options) merge(object, *fallback.options);

  Reader reader(findings, object, path, type, extra);
  Writer writer;
  Fields* const passes[] = {&reader, &writer};
  if (entry->describe) entry->describe(passes);
  reader.finish();
  Json options{{"type", type}};
  options.update(writer.take());
  return {type, std::make_shared<const Json>(std::move(options))};
}

}  // namespace norma
