#include "layers/norms/norm_choice.h"

namespace norma {
namespace {

std::vector<int64_t> layers_of(const NormSite& site, int64_t layers) {
  if (site.where == NormSite::Where::kFirst) return {0};
  if (site.where == NormSite::Where::kLast) return {layers - 1};
  std::vector<int64_t> all;
  for (int64_t layer = 0; layer < layers; ++layer) all.push_back(layer);
  return all;
}

std::string layers_in_words(int64_t layers) {
  return layers == 1 ? "layer 0 is the only one"
                     : "the last layer is " + std::to_string(layers - 1);
}

// A range past the last layer, in the choice or that of one of its sites.
std::string range_too_far(const SpecChoice& norm, int64_t layers) {
  for (const auto& some : norm.layers)
    if (some.layers.last() >= layers)
      return "ranges within the layers (" + layers_in_words(layers) + "), not \"" +
             some.layers.text() + "\"";
  for (const auto& named : norm.sites)
    if (std::string fault = range_too_far(named.choice, layers); !fault.empty()) return fault;
  return "";
}

// A site named for layers none of which it belongs to.
std::string misplaced(const SpecChoice& norm, const NormSite& site, int64_t layers) {
  if (site.where == NormSite::Where::kEveryLayer) return "";
  const int64_t own = layers_of(site, layers).front();
  for (const auto& some : norm.layers)
    for (const auto& named : some.choice.sites)
      if (named.site == site.name && !some.layers.holds(own))
        return site.name + " in the range that holds layer " + std::to_string(own) + ", not in \"" +
               some.layers.text() + "\"";
  return "";
}

bool names(const SpecChoice& norm, const std::string& site) {
  for (const auto& some : norm.layers)
    if (names(some.choice, site)) return true;
  for (const auto& named : norm.sites)
    if (named.site == site) return true;
  return false;
}

}  // namespace

void describe_norms(Fields& f, SpecChoice& norm, const std::vector<NormSite>& sites,
                    bool null_allowed) {
  SiteNames names;
  for (const NormSite& site : sites) names.push_back(site.name);
  f.spec_choice("norm", norm, norm_registry(), names, "the normalization",
                {.required = !null_allowed});
}

std::string fault_of_norms(const SpecChoice& norm, const std::vector<NormSite>& sites,
                           int64_t layers) {
  if (std::string fault = range_too_far(norm, layers); !fault.empty()) return fault;
  for (const NormSite& site : sites) {
    if (site.need == NormSite::Need::kNever && names(norm, site.name))
      return "no site " + site.name + ": the model as configured has no norm there";
    if (std::string fault = misplaced(norm, site, layers); !fault.empty()) return fault;
    if (site.need != NormSite::Need::kAlways) continue;
    for (const int64_t layer : layers_of(site, layers)) {
      if (norm.find(site.name, layer)) continue;
      return "a norm for " + site.name + " of layer " + std::to_string(layer) +
             " too (\"type\" beside sites stands for those not named)";
    }
  }
  return "";
}

void rule_norms(Fields& f, const SpecChoice& norm, const std::vector<NormSite>& sites,
                int64_t layers) {
  const std::string expected = norm ? fault_of_norms(norm, sites, layers) : "";
  f.rule(expected.empty(), "norm", expected);
}

}  // namespace norma
