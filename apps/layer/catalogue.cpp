#include "apps/layer/catalogue.h"

#include <nlohmann/json.hpp>

#include "apps/common/terminal.h"
#include "core/config/config.h"
#include "layers/layer_registry.h"
#include "layers/loss.h"
#include "layers/norms/norm.h"
#include "layers/residual/placement.h"
#include "layers/weights/reparam.h"

namespace norma {
namespace {

struct Kind {
  const char* name;
  const char* heading;
};
constexpr Kind kKinds[] = {{"layer", "layers"},
                           {"norm", "norms"},
                           {"placement", "placements"},
                           {"reparam", "re-parametrizations of a weight"},
                           {"loss", "losses"}};

}  // namespace

std::vector<Listed> catalogue() {
  std::vector<Listed> layers, norms, losses;
  // Norms and losses are layers too.
  for (const Entry* entry : layer_registry().entries()) {
    if (norm_registry().find(entry->type))
      norms.push_back({"norm", entry});
    else if (loss_registry().find(entry->type))
      losses.push_back({"loss", entry});
    else
      layers.push_back({"layer", entry});
  }
  std::vector<Listed> all = std::move(layers);
  all.insert(all.end(), norms.begin(), norms.end());
  for (const Entry* entry : placement_registry().entries()) all.push_back({"placement", entry});
  for (const Entry* entry : reparam_registry().entries()) all.push_back({"reparam", entry});
  all.insert(all.end(), losses.begin(), losses.end());
  return all;
}

Listed listed(const std::string& type) {
  for (const Listed& one : catalogue())
    if (one.entry->type == type) return one;
  for (const RegistryBase* registry :
       std::initializer_list<const RegistryBase*>{&placement_registry(), &reparam_registry()})
    if (layer_registry().nearest(type).empty() && !registry->nearest(type).empty())
      throw_unknown_type(*registry, type);
  throw_unknown_type(layer_registry(), type);
}

std::string catalogue_text() {
  std::string text;
  const std::vector<Listed> all = catalogue();
  for (const Kind& kind : kKinds) {
    text += stdout_terminal().styled(kind.heading, Style::kBold) + "\n";
    for (const Listed& one : all)
      if (one.kind == std::string(kind.name))
        text += "  " + padded(one.entry->type, 30) + one.entry->summary + "\n";
  }
  return text;
}

std::string catalogue_json() {
  Json list = Json::array();
  for (const Listed& one : catalogue()) {
    Json options = Json::array();
    for (const OptionHelp& option : options_help(*one.entry))
      options.push_back({{"name", option.name},
                         {"default", option.default_value},
                         {"type", option.type},
                         {"help", option.help}});
    list.push_back({{"type", one.entry->type},
                    {"kind", one.kind},
                    {"summary", one.entry->summary},
                    {"source", one.entry->source},
                    {"options", options}});
  }
  return format_json(list) + "\n";
}

}  // namespace norma
