// Records of several subjects in the columns of one table.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/pages/probe_page.h"
#include "apps/pages/report_values.h"
#include "apps/probe/cells.h"
#include "apps/probe/tables.h"
#include "apps/probe/text_table.h"

namespace norma {
namespace {

// A line of a list in every record that has it; null elsewhere.
struct Aligned {
  std::string name;
  std::vector<const Json*> lines;
};

// The lines of all records by name: those of the first in its order, others behind what they
// follow.
std::vector<Aligned> aligned(const std::vector<Json>& records, const char* list,
                             std::string (*name_of)(const Json&)) {
  std::vector<Aligned> all;
  for (size_t i = 0; i < records.size(); ++i) {
    auto next = all.begin();
    for (const Json& line : pages::member(records[i], list)) {
      const std::string name = name_of(line);
      auto known = std::ranges::find(all, name, &Aligned::name);
      if (known == all.end())
        known = all.insert(next, {name, std::vector<const Json*>(records.size())});
      known->lines[i] = &line;
      next = known + 1;
    }
  }
  return all;
}

// A column for each record of each figure.
struct ComparedGauge {
  const char* heading;
  std::string (*cell_of)(const Json& line);
};

std::string table_text(const std::vector<Aligned>& lines, const std::string& first,
                       const std::vector<std::string>& names,
                       const std::vector<ComparedGauge>& figures) {
  std::vector<std::string> heading{first};
  for (const ComparedGauge& figure : figures)
    for (const std::string& name : names) heading.push_back(figure.heading + (" " + name));
  TextTable table(std::move(heading));
  for (const Aligned& line : lines) {
    std::vector<std::string> row{line.name};
    for (const ComparedGauge& figure : figures)
      for (const Json* each : line.lines) row.push_back(each ? figure.cell_of(*each) : "");
    table.add(std::move(row));
  }
  return table.text();
}

std::string parameter_name(const Json& parameter) { return parameter["name"].get<std::string>(); }

}  // namespace

std::string records_side_by_side(const std::vector<std::string>& names,
                                 const std::vector<Json>& records) {
  std::vector<std::string> letters;
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    letters.push_back(i < 26 ? std::string(1, static_cast<char>('A' + i)) : std::to_string(i));
    text += stdout_terminal().styled(letters[i], Style::kBold) + "  " + names[i] + " after " +
            grouped(records[i]["step"].get<int64_t>()) + " steps\n" + nonfinite_text(records[i]);
  }
  text +=
      "\n" +
      table_text(
          aligned(records, "modules", pages::module_label), "module", letters,
          {{"rms", [](const Json& m) { return cell(pages::member(m, "forward"), "rms"); }},
           {"grad rms", [](const Json& m) { return cell(pages::member(m, "backward"), "rms"); }}});
  text += "\n" +
          table_text(aligned(records, "parameters", parameter_name), "parameter", letters,
                     {{"grad/weight", [](const Json& p) { return cell(p, "grad_to_weight"); }},
                      {"step/weight", [](const Json& p) { return cell(p, "update_to_weight"); }}});
  return text;
}

}  // namespace norma
