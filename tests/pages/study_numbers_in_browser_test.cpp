// The page of a study that was carried out, in a browser: its tables show what results.jsonl holds.
#include <algorithm>
#include <cmath>

#include "tests/apps/reported_study.h"
#include "tests/catch.h"
#include "tests/pages/browser.h"

namespace norma {
namespace {

// Sums in another order differ in the last digits.
bool shows(const std::vector<double>& numbers, double wanted) {
  return std::any_of(numbers.begin(), numbers.end(), [&](double each) {
    return std::abs(each - wanted) <= 1e-9 * std::max(std::abs(wanted), 1e-3);
  });
}

}  // namespace

TEST_CASE("the tables of a study's page show the numbers of results.jsonl", "[apps]") {
  const ReportedStudy study;
  const LoadedPage page = load_in_browser(study.text("report.html"));
  INFO((page.messages.empty() ? "" : page.messages[0]));
  CHECK(page.messages.empty());
  const std::vector<double> numbers = numbers_of(page.html, "<data value");
  const auto check = [&](const Expected& expected) {
    CHECK(shows(numbers, expected.mean));
    CHECK(shows(numbers, expected.low));
    CHECK(shows(numbers, expected.high));
  };
  for (const std::string& arm : study.arms()) {
    INFO(arm);
    check(study.score(arm));
    if (arm != study.arms()[0]) check(study.difference(arm));
    const std::string divergence = ">" + std::to_string(study.ended(arm, "diverged")) + " of " +
                                   std::to_string(ReportedStudy::kSeeds) + " (";
    CHECK(page.html.find(divergence) != std::string::npos);
  }
  for (const Json& line : study.lines()) {
    INFO(line.at("trial"));
    for (const char* name : {"initial", "metric", "score"})
      if (!line.at(name).is_null()) CHECK(shows(numbers, line.at(name).get<double>()));
  }
}

}  // namespace norma
