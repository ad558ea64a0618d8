#include "core/config/spec_choice.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/config/writer.h"
#include "core/error.h"

namespace norma {
namespace {

constexpr int64_t kOpen = std::numeric_limits<int64_t>::max();

std::optional<int64_t> number_in(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

// "3", "0-3" or "4-".
std::optional<std::pair<int64_t, int64_t>> run_in(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = number_in(text.substr(0, dash));
  if (!first || dash == std::string_view::npos)
    return first ? std::optional(std::pair(*first, *first)) : std::nullopt;
  if (dash + 1 == text.size()) return std::pair(*first, kOpen);
  const auto last = number_in(text.substr(dash + 1));
  if (!last || *last < *first) return std::nullopt;
  return std::pair(*first, *last);
}

}  // namespace

std::optional<LayerSet> LayerSet::parse(const Json& given) {
  LayerSet made;
  if (given.is_number_integer())
    made.text_ = json_line(given);
  else if (given.is_string())
    made.text_ = given.get<std::string>();
  for (size_t begin = 0; begin <= made.text_.size();) {
    const size_t end = std::min(made.text_.find(',', begin), made.text_.size());
    const auto run = run_in(std::string_view(made.text_).substr(begin, end - begin));
    if (!run) return std::nullopt;
    made.runs_.push_back(*run);
    begin = end + 1;
  }
  return made;
}

bool LayerSet::holds(int64_t layer) const {
  return std::any_of(runs_.begin(), runs_.end(),
                     [&](const auto& run) { return run.first <= layer && layer <= run.second; });
}

std::optional<int64_t> LayerSet::shared_with(const LayerSet& other) const {
  std::optional<int64_t> least;
  for (const auto& [first, last] : runs_)
    for (const auto& [other_first, other_last] : other.runs_) {
      const int64_t from = std::max(first, other_first);
      if (from <= std::min(last, other_last)) least = std::min(least.value_or(from), from);
    }
  return least;
}

int64_t LayerSet::last() const {
  int64_t most = 0;
  for (const auto& run : runs_) most = std::max(most, run.second == kOpen ? run.first : run.second);
  return most;
}

bool operator==(const Spec& a, const Spec& b) {
  if (a.type != b.type) return false;
  return a.options && b.options ? *a.options == *b.options : !a.options && !b.options;
}

SpecChoice::SpecChoice(Spec everywhere) : spec(std::move(everywhere)) {}

const Spec* SpecChoice::find_named(std::string_view site, int64_t layer) const {
  for (const OfLayers& some : layers)
    if (some.layers.holds(layer)) return some.choice.find_named(site, layer);
  for (const OfSite& named : sites)
    if (named.site == site) return named.choice.find(site, layer);
  return nullptr;
}

const Spec* SpecChoice::find(std::string_view site, int64_t layer) const {
  for (const OfLayers& some : layers)
    if (some.layers.holds(layer)) return some.choice.find(site, layer);
  for (const OfSite& named : sites)
    if (named.site == site) return named.choice.find(site, layer);
  return spec ? &spec : nullptr;
}

const Spec& SpecChoice::at(std::string_view site, int64_t layer) const {
  if (const Spec* found = find(site, layer)) return *found;
  throw Error("nothing is chosen for " + std::string(site) + " of layer " + std::to_string(layer));
}

Json choice_json(const SpecChoice& choice) {
  if (!choice.layers.empty()) {
    Json list = Json::array();
    for (const auto& [layers, here] : choice.layers) {
      Json element{{"layers", layers.text()}};
      element.update(choice_json(here));
      list.push_back(std::move(element));
    }
    return list;
  }
  if (choice.sites.empty()) return spec_json(choice.spec);
  Json object = choice.spec ? spec_json(choice.spec) : Json::object();
  for (const auto& [site, here] : choice.sites) object[site] = choice_json(here);
  return object;
}

}  // namespace norma
