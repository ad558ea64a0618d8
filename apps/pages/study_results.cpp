// Who did best, and by how much against the baseline.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

Row arm_row(const Json& arm) {
  return {{row_name(text_at(arm, "name"))}, flag_at(arm, "baseline") ? "baseline" : ""};
}

// "2 of 5 (5–85 %)", then what else went wrong.
Cell divergence_cell(const Json& arm) {
  const Json& divergence = member(arm, "divergence");
  const auto count = number_at(divergence, "count"), of = number_at(divergence, "of");
  if (!count || !of) return figure(std::nullopt);
  const auto low = number_at(divergence, "low"), high = number_at(divergence, "high");
  std::string text = rounded(*count, 0) + " of " + rounded(*of, 0);
  if (low && high) text += " (" + rounded(100 * *low, 0) + "–" + rounded(100 * *high, 0) + " %)";
  text += other_troubles(arm);
  return troubled_runs(arm) > 0 ? badge(text, "fail") : word(text);
}

// A p-value: two digits, nothing below a thousandth.
Cell p_cell(const Json& object, const char* key) {
  const auto p = number_at(object, key);
  if (!p || *p >= 0.001) return figure(p, 3);
  return written(*p, "< 0.001");
}

std::string kind_of_finding(const std::string& finding) {
  if (finding == "better" || finding == "equivalent") return "pass";
  if (finding == "worse") return "fail";
  return finding == "not distinguishable" ? "unsure" : "";
}

// "a, b and c are not distinguishable (ranks 1–3)", for every rank range that several arms share.
std::vector<std::string> indistinguishable(const Json& report) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Json* arm : ranked_arms(report)) {
    const std::string rank = rank_text(*arm);
    if (rank.find("–") == std::string::npos) continue;
    if (groups.empty() || groups.back().first != rank) groups.push_back({rank, {}});
    groups.back().second.push_back(text_at(*arm, "name"));
  }
  std::vector<std::string> sentences;
  for (const auto& [rank, names] : groups) {
    if (names.size() < 2) continue;
    std::string text;
    for (size_t i = 0; i < names.size(); ++i)
      text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    sentences.push_back("Not distinguishable: " + text + " (ranks " + rank + ").");
  }
  return sentences;
}

std::string seeds_table(const Json& report) {
  const int decimals = score_decimals(report) + 1;
  std::vector<Row> rows;
  for (const Json* arm : ranked_arms(report)) {
    const Json &scores = members(*arm, "scores"), &seeds = members(*arm, "seeds");
    const std::vector<std::string> endings = texts_at(*arm, "endings");
    for (size_t i = 0; i < scores.size(); ++i)
      rows.push_back(
          {{row_name(text_at(*arm, "name")), word(i < seeds.size() ? as_text(seeds[i]) : ""),
            figure(as_number(scores[i]), decimals),
            i < endings.size() && is_trouble(endings[i]) ? badge(endings[i], "fail") : word("")}});
  }
  if (rows.empty()) return "";
  return details("Every seed",
                 table("Every seed", {{"arm", true}, {"seed", true}, {"score"}, {"", true}}, rows));
}

}  // namespace

std::string ranking_content(const Json& report) {
  const std::vector<const Json*> arms = ranked_arms(report);
  const bool readings = is_of_readings(report);
  const auto has_runs = [](const Json* arm) { return !members(*arm, "seeds").empty(); };
  if (std::none_of(arms.begin(), arms.end(), has_runs)) return "";
  const int decimals = score_decimals(report);
  std::vector<Row> rows;
  for (const Json* arm : arms) {
    Row row = arm_row(*arm);
    const bool silent = readings && troubled_runs(*arm) == 0;  // readings seldom diverge
    row.cells.insert(
        row.cells.end(),
        {word(rank_text(*arm)), figure(number_at(*arm, "mean"), decimals),
         interval(number_at(*arm, "low"), number_at(*arm, "high"), decimals),
         silent ? word("") : divergence_cell(*arm), whole(number_at(*arm, "parameters"))});
    rows.push_back(row);
  }
  const Json& metric = member(report, "metric");
  const std::string unit = text_at(metric, "unit");
  std::string caption = text_at(metric, "name");
  if (caption.empty()) caption = readings ? "Readings" : "Scores";
  caption += (unit.empty() ? "" : ", " + unit) + (readings ? "" : "; lower is better");
  return chart("ranking", "Mean score of each arm with its interval and every seed") +
         bullets(indistinguishable(report), "notes") +
         table(caption,
               {{"arm", true},
                {"rank", true},
                {"mean"},
                {interval_name(report)},
                {"seeds diverged (" + interval_name(report) + ")", true},
                {"parameters"}},
               rows) +
         seeds_table(report);
}

std::string comparison_content(const Json& report) {
  const Json& comparisons = members(report, "comparisons");
  if (comparisons.empty()) return "";
  const int decimals = score_decimals(report);
  std::vector<Row> rows;
  bool drawn = false;
  for (const Json& each : comparisons) {
    const std::string finding = text_at(each, "finding");
    const auto relative = number_at(each, "relative");
    drawn = drawn || number_at(each, "difference");
    rows.push_back(
        {{row_name(text_at(each, "arm")), badge(finding, kind_of_finding(finding)),
          estimate(number_at(each, "difference"), number_at(each, "low"), number_at(each, "high"),
                   decimals),
          relative ? written(*relative, rounded(100 * *relative, 2) + " %") : figure(relative),
          p_cell(each, "p_holm"), p_cell(each, "equivalence_p_holm"),
          figure(number_at(each, "margin"), decimals),
          figure(number_at(each, "detectable"), decimals),
          figure(number_at(each, "correlation"), 2), figure(number_at(each, "power_gained"), 1)}});
  }
  std::string html = drawn ? chart("differences", "Difference of each arm from the baseline") : "";
  html += table("Each arm less the baseline",
                {{"arm", true},
                 {"finding", true},
                 {"difference (" + interval_name(report) + ")"},
                 {"relative"},
                 {"p"},
                 {"p of equivalence"},
                 {"margin"},
                 {"detectable"},
                 {"correlation"},
                 {"power gained, ×"}},
                rows);
  return html +
         paragraph(
             "p-values are adjusted by Holm's method over all comparisons, those of "
             "difference and of equivalence as two families; intervals are each of one "
             "comparison alone, so one without 0 may stand beside no finding. Detectable: the "
             "smallest true difference that a study of this size finds four times in five. "
             "Power gained: how many times as many unpaired runs would be needed for the "
             "same certainty; below 1, pairs cost power.");
}

}  // namespace norma::pages
