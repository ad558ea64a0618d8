#include "apps/pages/study_tables.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/apps/parsed_csv.h"
#include "tests/apps/sample_report.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// The cells of a Markdown table's row: what stands between bars that are not escaped.
int cells_of(const std::string& line) {
  int bars = 0;
  for (size_t i = 0; i < line.size(); ++i)
    bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
  return bars - 1;
}

}  // namespace

TEST_CASE("study_csv has a row a trial with every digit", "[apps]") {
  const Json report = sample_report();
  const auto rows = parsed_csv(study_csv(report));
  CHECK(rows[0] == std::vector<std::string>{"id", "arm", "phase", "seed", "optim.lr", "status",
                                            "steps", "initial", "metric", "score", "reason"});
  REQUIRE(rows.size() == report["trials"].size() + 1);
  for (size_t i = 1; i < rows.size(); ++i) {
    const Json& trial = report["trials"][i - 1];
    REQUIRE(rows[i].size() == rows[0].size());
    CHECK(rows[i][0] == trial["trial"]);
    CHECK(std::stod(rows[i][9]) == trial["score"].get<double>());
    if (trial["metric"].is_null()) CHECK(rows[i][8].empty());
  }
}

TEST_CASE("study_csv quotes what would break a row", "[apps]") {
  Json report;
  report["trials"] = {{{"trial", "a,b"},
                       {"arm", "say \"no\"\r\nor\nnot"},
                       {"settings", {{"model.norm", {{"type", "x,y"}}}}}},
                      {{"trial", "plain"}, {"settings", {{"z", true}}}, {"reason", "\""}}};
  const auto rows = parsed_csv(study_csv(report));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0][4] == "model.norm");
  CHECK(rows[0][5] == "z");
  CHECK(rows[1][0] == "a,b");
  CHECK(rows[1][1] == "say \"no\"\r\nor\nnot");
  CHECK(parse_json(rows[1][4], "csv") == Json{{"type", "x,y"}});
  CHECK(rows[2][5] == "true");
  CHECK(rows[2].back() == "\"");
  CHECK(study_csv(Json::object()) ==
        "id,arm,phase,seed,status,steps,initial,metric,score,reason\r\n");
}

TEST_CASE("study_markdown ranks the arms and escapes what is markup", "[apps]") {
  Json report = sample_report();
  const std::string text = study_markdown(report);
  CHECK_THAT(text, ContainsSubstring("| 1–2 | batch_norm_32 | 0.0907 \\[0.0893, 0.0921\\] | 0 of 5 "
                                     "| baseline | 12.1 | 78,042 |") &&
                       ContainsSubstring("**2 of 5**") &&
                       ContainsSubstring("not distinguishable: 0.34") &&
                       ContainsSubstring("At this tuning budget"));
  CHECK(text.find("batch_norm_32 |") < text.find("group_norm |"));

  report["arms"][0]["name"] = "a|b\n<img> *c* `d`";
  std::istringstream lines(study_markdown(report));
  int rows = 0;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] == '|') {
      CHECK(cells_of(line) == 7);
      ++rows;
    }
  CHECK(rows == 2 + 6);
  CHECK_THAT(study_markdown(report), ContainsSubstring("a\\|b &lt;img\\> \\*c\\* \\`d\\`"));
  CHECK_NOTHROW(study_markdown(Json::object()));
}

}  // namespace norma
