#include "apps/pages/study_tables.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
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
  std::string text = pages::rounded(*count, 0) + " of " + pages::rounded(*of, 0);
  text += pages::other_troubles(arm);
  return pages::troubled_runs(arm) > 0 ? "**" + text + "**" : text;
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

// A table of Markdown, put together column by column; one without any content is left out.
class MarkdownTable {
 public:
  void add(const std::string& title, bool is_number, std::vector<std::string> cells) {
    if (std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell == "–"; }))
      return;
    head_ += " " + title + " |";
    rule_ += is_number ? " --: |" : " :-- |";
    rows_.resize(cells.size());
    for (size_t i = 0; i < cells.size(); ++i) rows_[i] += " " + cells[i] + " |";
  }
  std::string str() const {
    if (rows_.empty()) return "";
    std::string text = "|" + head_ + "\n|" + rule_ + "\n";
    for (const std::string& row : rows_) text += "|" + row + "\n";
    return text;
  }

 private:
  std::string head_, rule_;
  std::vector<std::string> rows_;
};

// A cell for each of these.
template <class List, class Text>
std::vector<std::string> column(const List& list, Text&& text) {
  std::vector<std::string> cells;
  for (const auto& each : list) {
    const std::string cell = text(each);
    cells.push_back(cell.empty() ? "–" : cell);
  }
  return cells;
}

std::string rungs_table(const Json& report) {
  const Json& rungs = pages::member(report, "rungs");
  const Json& contenders = pages::members(rungs, "contenders");
  MarkdownTable table;
  table.add("arm", false, column(contenders, [](const Json& each) {
              return markdown_escaped(pages::text_at(each, "arm"));
            }));
  table.add("settings", false, column(contenders, [](const Json& each) {
              return markdown_escaped(pages::settings_text(pages::member(each, "settings")));
            }));
  const Json& steps = pages::members(rungs, "steps");
  for (size_t i = 0; i < steps.size(); ++i)
    table.add("after " + pages::as_text(steps[i]) + " steps", true,
              column(contenders, [&](const Json& each) {
                const Json& scores = pages::members(each, "scores");
                const auto score = i < scores.size() ? pages::as_number(scores[i]) : std::nullopt;
                return score ? pages::rounded(*score) : "";
              }));
  return table.str();
}

std::string arms_table(const Json& report) {
  const int decimals = pages::score_decimals(report);
  const std::vector<const Json*> arms = pages::ranked_arms(report);
  const std::string name = pages::text_at(pages::member(report, "metric"), "name");
  MarkdownTable table;
  table.add("rank", false, column(arms, [](const Json* arm) { return pages::rank_text(*arm); }));
  table.add("arm", false, column(arms, [](const Json* arm) {
              return markdown_escaped(pages::text_at(*arm, "name"));
            }));
  table.add((name.empty() ? "mean" : markdown_escaped(name)) + " \\[" +
                pages::interval_name(report) + "\\]",
            true,
            column(arms, [&](const Json* arm) { return with_interval(*arm, "mean", decimals); }));
  if (!pages::is_of_readings(report))
    table.add("diverged", false,
              column(arms, [](const Json* arm) { return divergence_text(*arm); }));
  if (!pages::members(report, "comparisons").empty())
    table.add("against the baseline", false, column(arms, [&](const Json* arm) {
                return comparison_text(report, *arm, decimals);
              }));
  table.add("ms a step", true, column(arms, [](const Json* arm) { return cost_text(*arm); }));
  table.add("parameters", true, column(arms, [](const Json* arm) {
              const auto parameters = pages::number_at(*arm, "parameters");
              return parameters ? grouped(std::llround(*parameters)) : "";
            }));
  return table.str();
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
  std::string text;
  if (const std::string title = pages::text_at(shown, "title"); !title.empty())
    text += "### " + markdown_escaped(title) + "\n\n";
  for (const std::string& sentence : pages::texts_at(shown, "verdict"))
    text += "- " + markdown_escaped(sentence) + "\n";
  if (const std::string budget = pages::budget_text(shown); !budget.empty())
    text += "- " + markdown_escaped(budget) + "\n";
  const bool halved = pages::member(shown, "rungs").is_object();
  const std::string table = halved ? rungs_table(shown) : arms_table(shown);
  return text + (text.empty() || table.empty() ? "" : "\n") + table;
}

}  // namespace norma
