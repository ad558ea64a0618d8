#include "tests/apps/statistics_golden.h"

#include "tests/paths.h"

namespace norma {

const Json& statistics_golden(const std::string& section) {
  static const Json golden = load_json(source_dir() / "tests" / "golden" / "statistics.json");
  return golden.at(section);
}

std::vector<double> golden_numbers(const Json& list) { return list.get<std::vector<double>>(); }

std::vector<std::vector<double>> golden_lists(const Json& lists) {
  return lists.get<std::vector<std::vector<double>>>();
}

}  // namespace norma
