#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/config/reader.h"
#include "core/config/values.h"

namespace norma {
namespace {

// Reads one choice; what does not fit becomes a fault.
class ChoiceReader {
 public:
  ChoiceReader(Findings& findings, const Spec& fallback, const RegistryBase& registry,
               const SiteNames& sites)
      : findings_(findings), fallback_(fallback), registry_(registry), sites_(sites) {}

  // Which forms may stand here besides a spec.
  struct Forms {
    bool null, sites, layers;
  };
  SpecChoice read(const Json& given, const std::string& path, Forms forms) {
    if (given.is_array() && forms.layers) return by_layers(given, path, forms);
    if (given.is_object() && forms.sites && names_sites(given)) return by_site(given, path, forms);
    return read_spec(findings_, given, fallback_, registry_, path, forms.null, ExtraKeys::kType);
  }

 private:
  SpecChoice by_layers(const Json& list, const std::string& path, Forms forms);
  SpecChoice by_site(const Json& object, const std::string& path, Forms forms);
  std::optional<LayerSet> layers_of(const Json& element, const std::string& path,
                                    const SpecChoice& before);
  bool is_site(const std::string& key) const {
    return std::find(sites_.begin(), sites_.end(), key) != sites_.end();
  }
  // A site's name may also stand as a value, where it should be the key.
  std::string expected_site(const Json& value) const {
    if (value.is_string() && is_site(value.get<std::string>()))
      return "the site as the key: {\"" + value.get<std::string>() + "\": …}";
    return "a site (" + listed(sites_, "or") + ")";
  }
  bool names_sites(const Json& object) const;
  bool is_wrong_site(const std::string& key, const Json& value, const std::string& type) const;

  Findings& findings_;
  const Spec& fallback_;
  const RegistryBase& registry_;
  const SiteNames& sites_;
};

std::string type_in(const Json& object, const Spec& fallback) {
  const auto type = object.find("type");
  if (type == object.end()) return fallback.type;
  return type->is_string() ? type->get<std::string>() : "";
}

// Like no option of the type that stands beside it, and by name or value like a site.
bool ChoiceReader::is_wrong_site(const std::string& key, const Json& value,
                                 const std::string& type) const {
  const bool like_a_site = value.is_string() || value.is_structured();
  if (key == "type" || (!like_a_site && nearest_name(key, sites_).empty())) return false;
  std::vector<std::string> options;
  if (const Entry* entry = registry_.find(type))
    for (const OptionHelp& option : options_help(*entry)) options.push_back(option.name);
  return nearest_name(key, options).empty();
}

bool ChoiceReader::names_sites(const Json& object) const {
  const std::string type = type_in(object, fallback_);
  return std::any_of(object.items().begin(), object.items().end(), [&](const auto& item) {
    return is_site(item.key()) || is_wrong_site(item.key(), item.value(), type);
  });
}

SpecChoice ChoiceReader::by_site(const Json& object, const std::string& path, Forms forms) {
  SpecChoice made;
  Json beside = Json::object();
  const std::string type = object.contains("type") ? type_in(object, {}) : "";
  for (const auto& [key, value] : object.items()) {
    if (is_site(key)) {
      made.sites.push_back({key, read(value, join(path, key), {false, false, forms.layers})});
    } else if (!object.contains("type") || is_wrong_site(key, value, type)) {
      findings_.add(
          {join(path, key), shown(value), expected_site(value), nearest_name(key, sites_)});
    } else {
      beside[key] = value;
    }
  }
  if (!beside.empty())
    made.spec = read_spec(findings_, beside, fallback_, registry_, path, false, ExtraKeys::kType);
  return made;
}

std::optional<LayerSet> ChoiceReader::layers_of(const Json& element, const std::string& path,
                                                const SpecChoice& before) {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    findings_.add({path, found, expected, ""});
    return std::nullopt;
  };
  constexpr const char* kExpected =
      "layers, numbered from 0, such as \"3\", \"0-3\", \"4-\" or \"0-2,5\"";
  const auto given = element.find("layers");
  if (given == element.end()) return refuse("nothing", kExpected);
  std::optional<LayerSet> layers = LayerSet::parse(*given);
  if (!layers) return refuse(shown(*given), kExpected);
  for (const auto& earlier : before.layers)
    if (const auto shared = layers->shared_with(earlier.layers))
      return refuse(shown(*given),
                    "layers that stand in no other range: " + std::to_string(*shared) +
                        " is in \"" + earlier.layers.text() + "\" too");
  return layers;
}

SpecChoice ChoiceReader::by_layers(const Json& list, const std::string& path, Forms forms) {
  SpecChoice made;
  if (list.empty())
    findings_.add({path, shown(list), "at least one {\"layers\": …, \"type\": …}", ""});
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string here = join(path, std::to_string(i));
    if (!list[i].is_object()) {
      findings_.add({here, shown(list[i]), "an object {\"layers\": …, \"type\": …}", ""});
      continue;
    }
    const auto layers = layers_of(list[i], join(here, "layers"), made);
    Json rest = list[i];
    rest.erase("layers");
    if (rest.empty())
      findings_.add({join(here, "type"), "nothing", expected_spec(registry_, false), ""});
    else if (SpecChoice choice = read(rest, here, {false, forms.sites, false}); layers)
      made.layers.push_back({*layers, std::move(choice)});
  }
  return made;
}

}  // namespace

SpecChoice read_choice(Findings& findings, const Json& given, const SpecChoice& fallback,
                       const RegistryBase& registry, const SiteNames& sites,
                       const std::string& path, bool null_allowed) {
  return ChoiceReader(findings, fallback.spec, registry, sites)
      .read(given, path, {null_allowed, !sites.empty(), true});
}

}  // namespace norma
