#include "core/config/registry.h"

#include <algorithm>
#include <stdexcept>

#include "core/config/config.h"

namespace norma {
namespace {

std::vector<std::string> types_of(const RegistryBase& registry) {
  std::vector<std::string> types;
  for (const Entry* entry : registry.entries()) types.push_back(entry->type);
  return types;
}

}  // namespace

const Entry* RegistryBase::find(std::string_view type) const {
  for (const Entry* entry : entries())
    if (entry->type == type) return entry;
  return nullptr;
}

std::string RegistryBase::nearest(std::string_view type) const {
  return nearest_name(type, types_of(*this));
}

void RegistryBase::refuse_duplicate(const std::string& type) const {
  if (find(type)) throw std::logic_error(kind_ + " \"" + type + "\" is registered twice");
}

std::string RegistryBase::known(std::string_view wrong) const {
  constexpr size_t kAll = 20, kSome = 10;
  std::vector<std::string> types = by_nearness(wrong, types_of(*this));
  if (types.empty()) return "none is registered";
  const size_t shown = types.size() <= kAll ? types.size() : kSome;
  std::string list;
  for (size_t i = 0; i < shown; ++i) list += (i ? ", " : "") + types[i];
  if (shown < types.size()) list += " and " + std::to_string(types.size() - shown) + " more";
  return list;
}

void throw_unknown_type(const RegistryBase& registry, std::string_view type) {
  std::string message = "there is no " + registry.kind() + " named \"" + std::string(type) + "\"";
  if (const std::string near = registry.nearest(type); !near.empty())
    message += "; did you mean " + near + "?";
  throw Error(message + " (known: " + registry.known(type) + ")");
}

void sort_by_type(std::vector<const Entry*>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry* a, const Entry* b) { return a->type < b->type; });
}

}  // namespace norma
