#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/spec.h"

namespace norma {

// Some of a model's layers, numbered from 0: "3", "0-3", "4-" (to the last), "0-2,5".
class LayerSet {
 public:
  // Nothing where the text (or whole number) says no layers.
  static std::optional<LayerSet> parse(const Json& given);
  bool holds(int64_t layer) const;
  // The least layer that both hold.
  std::optional<int64_t> shared_with(const LayerSet& other) const;
  // The last layer that is named; of an open range its first.
  int64_t last() const;
  const std::string& text() const { return text_; }

 private:
  std::vector<std::pair<int64_t, int64_t>> runs_;  // first and last of each range
  std::string text_;
};

// A choice that may differ by layer and by site (the places within a layer that have a name, as
// "attn"): one spec, or
//   {"attn": …, "ffn": …}                     by site; "type" and options beside sites stand for
//                                             the sites not named
//   [{"layers": "0-3", …}, {"layers": "4-", …}]   by layer, each a spec or by site
//   {"attn": [{"layers": "0-3", …}, …], …}    a site by layer.
struct SpecChoice {
  struct OfSite;
  struct OfLayers;
  SpecChoice() = default;
  SpecChoice(Spec everywhere);
  // Whether anything is chosen anywhere.
  explicit operator bool() const { return spec || !sites.empty() || !layers.empty(); }

  // What stands at a site of a layer; null where nothing is said about it.
  const Spec* find(std::string_view site, int64_t layer) const;
  // The same by the site's own name only, not by what stands for the sites not named.
  const Spec* find_named(std::string_view site, int64_t layer) const;
  // The same; throws Error where `find` has nothing.
  const Spec& at(std::string_view site, int64_t layer) const;

  Spec spec;  // for sites not named; may be none
  std::vector<OfSite> sites;
  std::vector<OfLayers> layers;
};
struct SpecChoice::OfSite {
  std::string site;
  SpecChoice choice;
};
struct SpecChoice::OfLayers {
  LayerSet layers;
  SpecChoice choice;
};

// The names of a model's sites.
using SiteNames = std::vector<std::string>;

// The choice as a config would write it, every spec in full.
Json choice_json(const SpecChoice& choice);

}  // namespace norma
