#include "models/fold/norms_said.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

const Entry* norm_said(const Json& value) {
  if (!value.is_object() || !value.contains("type") || !value["type"].is_string()) return nullptr;
  return norm_registry().find(value["type"].get<std::string>());
}

void find_norms(const Json& value, const Json::json_pointer& place,
                std::vector<std::string>& found) {
  if (norm_said(value)) found.push_back(place.to_string());
  if (value.is_object())
    for (const auto& [key, part] : value.items()) find_norms(part, place / key, found);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i) find_norms(value[i], place / i, found);
}

}  // namespace

std::vector<std::string> norms_said(const Json& options) {
  std::vector<std::string> found;
  find_norms(options, Json::json_pointer(), found);
  return found;
}

void say_norm(Json& said, const Spec& norm) {
  const std::vector<OptionHelp> own = options_help(*norm_said(said));
  // An option that is an object has the names of its parts, behind a dot.
  const auto is_own = [&](const std::string& key) {
    return key == "type" || std::ranges::any_of(own, [&](const OptionHelp& option) {
             return option.name == key || option.name.starts_with(key + ".");
           });
  };
  Json made = *norm.options;
  for (const auto& [key, value] : said.items())
    if (!is_own(key)) made[key] = value;
  said = std::move(made);
}

void say_no_ending(Json& said, bool offset_too) {
  const auto switch_off = [&](const char* option) {
    if (said.contains(option) && said[option].is_boolean()) said[option] = false;
  };
  switch_off("weight");
  if (!offset_too) return;
  switch_off("bias");
  switch_off("affine");
}

}  // namespace norma
