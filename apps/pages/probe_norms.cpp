// What norms and normalized weights do to the gradient.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/pages/probe_parts.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"

namespace norma::pages {
namespace {

bool is_by_step(const std::string& gauge, const Json& value) {
  return value.is_number() || gauge == "slopes";
}

// Adds what a line of the record `at` says of its norm.
void add_norm(const Json& line, size_t at, size_t records, Json& norm) {
  for (const auto& [gauge, value] : member(line, "norm_gradient").items()) {
    if (!is_by_step(gauge, value)) {
      norm[gauge] = value;
      continue;
    }
    if (!norm.contains(gauge))
      norm[gauge] = std::vector<Json>(records);  // null where it is missing
    norm[gauge][at] = value.is_number() ? number_or_null(value) : value;
  }
}

// The norms of all runs for which one number is true, or of which a weight is normalized.
std::vector<const Json*> norms_where(const Json& drawn, bool (*holds)(const Json& norm)) {
  std::vector<const Json*> found;
  for (const Json& run : members(drawn, "runs"))
    for (const Json& norm : members(run, "norms"))
      if (holds(norm)) found.push_back(&norm);
  return found;
}

// How norms treat the gradient, in a sentence for all of a type that do the same.
std::string projections(const std::vector<const Json*>& norms) {
  std::vector<std::string> said;
  std::vector<std::vector<std::string>> paths;
  for (const Json* norm : norms) {
    const std::string kind = text_at(*norm, "kind"), type = text_at(*norm, "type"),
                      text = type + ", " + (kind.empty() ? "" : kind + "; ") +
                             text_at(*norm, "projection");
    const auto at = static_cast<size_t>(std::ranges::find(said, text) - said.begin());
    if (at == said.size()) {
      said.push_back(text);
      paths.emplace_back();
    }
    if (std::ranges::find(paths[at], text_at(*norm, "path")) == paths[at].end())
      paths[at].push_back(text_at(*norm, "path"));
  }
  for (size_t i = 0; i < said.size(); ++i)
    said[i] +=
        " (" + paths[i].front() +
        (paths[i].size() > 1 ? " and " + std::to_string(paths[i].size() - 1) + " more" : "") + ")";
  return bullets(said, "notes");
}

}  // namespace

Json norms_of(const Json& records) {
  Json norms = Json::array();
  for (size_t at = 0; at < records.size(); ++at)
    for (const Json& line : members(records[at], "norms")) {
      if (!member(line, "norm_gradient").is_object()) continue;
      const std::string path = text_at(line, "path");
      auto norm = std::ranges::find_if(
          norms, [&](const Json& known) { return text_at(known, "path") == path; });
      if (norm == norms.end()) {
        norms.push_back({{"path", path}});
        norm = norms.end() - 1;
      }
      add_norm(line, at, records.size(), *norm);
    }
  return norms;
}

std::string norms_content(const Json& drawn) {
  const auto of_activations =
      norms_where(drawn, [](const Json& norm) { return !flag_at(norm, "of_weight"); });
  const auto of_weights =
      norms_where(drawn, [](const Json& norm) { return flag_at(norm, "of_weight"); });
  if (of_activations.empty() && of_weights.empty()) return "";
  std::string html = "<h3>Gain by depth</h3>\n" +
                     chart("probe_norm_gain", "gain of each norm by depth") +
                     "<h3>Length of the gradient, stage by stage</h3>\n" +
                     chart("probe_norm_stages", "length of the gradient through each norm") +
                     "<h3>What each norm takes out</h3>\n" +
                     chart("probe_norm_shares", "share of the gradient's square along 1 and x̂") +
                     projections(of_activations);
  if (!of_weights.empty())
    html += "<h3>In weight space</h3>\n" +
            paragraph(
                "These weights are normalized before they are used, so the same happens to the "
                "gradient of a weight: dy is that of the weight in use, γ the learned length g of "
                "its row, x̂ the row itself, dx what the learned weight gets. The charts above show "
                "them where \"weights\" is chosen.") +
            projections(of_weights);
  return html;
}

std::string slopes_content(const Json& drawn) {
  const auto with_slopes =
      norms_where(drawn, [](const Json& norm) { return norm.contains("slopes"); });
  return with_slopes.empty() ? "" : chart("probe_slopes", "histogram of the slopes of a map");
}

}  // namespace norma::pages
