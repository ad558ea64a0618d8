// Records of probes, turned from one object a step to one table a gauge.
#include <nlohmann/json.hpp>

#include "apps/pages/probe_page.h"
#include "apps/pages/probe_parts.h"
#include "apps/pages/report_values.h"

namespace norma::pages {
namespace {

constexpr const char* kPasses[] = {"forward", "backward"};

// The numbers of a gauge over all modules of a record.
Json row_of(const Json& modules, const char* pass, const std::string& gauge) {
  Json row = Json::array();
  for (const Json& module : modules)
    row.push_back(number_or_null(member(member(module, pass), gauge.c_str())));
  return row;
}

void add_gauges(const Json& records, const char* pass, Json& run) {
  run[pass] = Json::object();
  for (const std::string& gauge : keys_within(members(records.back(), "modules"), pass)) {
    if (gauge == "histogram" || gauge == "nonfinite") continue;
    for (const Json& record : records)
      run[pass][gauge].push_back(row_of(members(record, "modules"), pass, gauge));
  }
}

void add_histograms(const Json& records, Json& run) {
  run["histograms"] = Json::object();
  for (size_t i = 0; i < run["modules"].size(); ++i)
    for (const char* pass : kPasses) {
      if (!member(member(members(records.back(), "modules")[i], pass), "histogram").is_array())
        continue;
      Json& by_step = run["histograms"][run["modules"][i].get<std::string>()][pass];
      for (const Json& record : records)
        by_step.push_back(member(member(members(record, "modules")[i], pass), "histogram"));
    }
}

// Gauges of blocks: a list of numbers a record.
void add_blocks(const Json& records, Json& run) {
  run["blocks"] = Json::object();
  for (const auto& [gauge, values] : members(records.back(), "model").items())
    if (values.is_array() && values.size() > 1)
      for (const Json& record : records)
        run["blocks"][gauge].push_back(member(member(record, "model"), gauge.c_str()));
}

Json drawn_run(const std::string& name, const Json& all) {
  // A model has the same modules at every step; should a file hold others, the last ones count.
  const size_t modules = members(all.back(), "modules").size();
  Json records = Json::array();
  for (const Json& record : all)
    if (members(record, "modules").size() == modules) records.push_back(record);
  Json run{{"name", name}, {"steps", Json::array()}, {"modules", Json::array()}};
  for (const Json& record : records) run["steps"].push_back(number_or_null(member(record, "step")));
  for (const Json& module : members(records.back(), "modules"))
    run["modules"].push_back(module_label(module));
  for (const char* pass : kPasses) add_gauges(records, pass, run);
  add_blocks(records, run);
  run["norms"] = norms_of(records);
  run["courses"] = courses_of(records);
  run["landscape"] = landscapes_of(records);
  run["kinds"] = kinds_of(records.back());
  run["follows"] = rotation_follows(records);
  add_histograms(records, run);
  return run;
}

}  // namespace

std::string module_label(const Json& module) {
  const std::string path = text_at(module, "path"), output = text_at(module, "output");
  return path + (path.empty() ? "" : " ") + text_at(module, "op") +
         (output.empty() || output == "0" ? "" : " #" + output);
}

Json probe_drawn(const Json& runs) {
  Json drawn{{"runs", Json::array()}};
  for (const Json& run : runs)
    if (const Json& records = members(run, "probe"); !records.empty())
      drawn["runs"].push_back(drawn_run(text_at(run, "name"), records));
  return drawn;
}

}  // namespace norma::pages
