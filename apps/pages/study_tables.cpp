#include "apps/pages/study_tables.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "apps/pages/page.h"
#include "apps/pages/report_values.h"
#include "apps/pages/table.h"

namespace norma {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields)
    line += (&field == &fields[0] ? "" : ",") + csv_field(field);
  return line + "\r\n";
}

// Text in a cell of a Markdown table: one line, nothing in it is markup.
std::string markdown_escaped(const std::string& text) {
  std::string safe;
  const auto is_letter = [&](size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r') {
      safe += ' ';
      continue;
    }
    if (c == '<' || c == '&') {
      safe += c == '<' ? "&lt;" : "&amp;";
      continue;
    }
    const bool within_word = c == '_' && i > 0 && is_letter(i - 1) && is_letter(i + 1);
    if (!within_word && std::string_view("\\`*_[]|#~>").find(c) != std::string_view::npos)
      safe += '\\';
    safe += c;
  }
  return safe;
}

std::string with_interval(const Json& object, const char* key, int decimals) {
  const auto value = pages::number_at(object, key), low = pages::number_at(object, "low"),
             high = pages::number_at(object, "high");
  if (!value) return "–";
  std::string text = pages::rounded(*value, decimals);
  if (low && high)
    text +=
        " \\[" + pages::rounded(*low, decimals) + ", " + pages::rounded(*high, decimals) + "\\]";
  return text;
}

std::string divergence_text(const Json& arm) {
  const Json& divergence = pages::member(arm, "divergence");
  const auto count = pages::number_at(divergence, "count"), of = pages::number_at(divergence, "of");
  if (!count || !of) return "–";
  const std::string text = pages::rounded(*count, 0) + " of " + pages::rounded(*of, 0);
  return *count > 0 ? "**" + text + "**" : text;
}

std::string comparison_text(const Json& report, const Json& arm, int decimals) {
  if (pages::flag_at(arm, "baseline")) return "baseline";
  const Json& comparison = pages::comparison_of(report, pages::text_at(arm, "name"));
  if (!comparison.is_object()) return "–";
  std::string text = markdown_escaped(pages::text_at(comparison, "finding"));
  if (pages::number_at(comparison, "difference"))
    text += ": " + with_interval(comparison, "difference", decimals);
  return text;
}

std::string cost_text(const Json& arm) {
  const auto ms = pages::number_at(pages::member(arm, "costs"), "ms_per_step");
  return ms ? pages::rounded(*ms) : "–";
}

}  // namespace

std::string study_csv(const Json& report) {
  const Json shown = pages::without_folders(report);
  const Json& trials = pages::members(shown, "trials");
  const std::vector<std::string> paths = pages::keys_within(trials, "settings");
  std::vector<std::string> line{"id", "arm", "phase", "seed"};
  line.insert(line.end(), paths.begin(), paths.end());
  for (const char* name : {"status", "steps", "initial", "metric", "score", "reason"})
    line.push_back(name);
  std::string csv = csv_line(line);
  for (const Json& trial : trials) {
    line.clear();
    for (const char* key : {"trial", "arm", "phase", "seed"})
      line.push_back(pages::text_at(trial, key));
    for (const std::string& path : paths)
      line.push_back(pages::text_at(pages::member(trial, "settings"), path.c_str()));
    for (const char* key : {"status", "steps", "initial", "metric", "score", "reason"})
      line.push_back(pages::text_at(trial, key));
    csv += csv_line(line);
  }
  return csv;
}

std::string study_markdown(const Json& report) {
  const Json shown = pages::without_folders(report);
  const Json& metric = pages::member(shown, "metric");
  const int decimals = pages::score_decimals(shown);
  std::string text;
  if (const std::string title = pages::text_at(shown, "title"); !title.empty())
    text += "### " + markdown_escaped(title) + "\n\n";
  for (const std::string& sentence : pages::texts_at(shown, "verdict"))
    text += "- " + markdown_escaped(sentence) + "\n";
  if (const std::string budget = pages::text_at(shown, "budget"); !budget.empty())
    text += "- " + markdown_escaped(budget) + "\n";
  const std::string name = pages::text_at(metric, "name");
  text += (text.empty() ? "" : "\n") + std::string("| rank | arm | ") +
          (name.empty() ? "mean" : markdown_escaped(name)) +
          " \\[95 %\\] | diverged | against the baseline | ms a step | parameters |\n"
          "| :-- | :-- | --: | :-- | :-- | --: | --: |\n";
  for (const Json* arm : pages::ranked_arms(shown)) {
    const std::string rank = pages::rank_text(*arm);
    const auto parameters = pages::number_at(*arm, "parameters");
    text += "| " + (rank.empty() ? "–" : rank) + " | " +
            markdown_escaped(pages::text_at(*arm, "name")) + " | " +
            with_interval(*arm, "mean", decimals) + " | " + divergence_text(*arm) + " | " +
            comparison_text(shown, *arm, decimals) + " | " + cost_text(*arm) + " | " +
            (parameters ? pages::rounded(*parameters) : "–") + " |\n";
  }
  return text;
}

}  // namespace norma
