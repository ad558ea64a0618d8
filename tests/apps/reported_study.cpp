#include "tests/apps/reported_study.h"

#include <cmath>
#include <stdexcept>

#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

constexpr double kStudent = 2.570581835636314;  // t of 0.975 with 5 degrees of freedom

Expected expected_of(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double each : values) mean += each / count;
  for (const double each : values) squares += (each - mean) * (each - mean);
  const double half = kStudent * std::sqrt(squares / (count - 1) / count);
  return {mean, mean - half, mean + half};
}

}  // namespace

ReportedStudy::ReportedStudy()
    : study_(R"({
        "base": {"model": {"type": "mlp", "norm": null}, "data": {"type": "spirals"},
                 "optim": {"type": "sgd", "momentum": 0.9}, "clip": null,
                 "train": {"steps": 40, "batch": 32, "eval_every": 10}},
        "arms": {"calm": {"optim.lr": 0.01}, "warm": {"optim.lr": 0.1}, "wild": {"optim.lr": 1e20}},
        "tune": {"optim.weight_decay": [0.001, 0.01]}, "seeds": 6, "target": 0.6, "costs": false})") {
  const Ended ended = study_.run("out", {"--workers", "2", "--quiet"});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  for (const std::string& line : study_.results("out")) lines_.push_back(Json::parse(line));
}

const Json& ReportedStudy::verdict_line(const std::string& arm, int64_t seed) const {
  for (const Json& line : lines_) {
    const std::string id = line.at("trial");
    if (id.starts_with(arm + " verdict ") && id.ends_with(" seed " + std::to_string(seed)))
      return line;
  }
  throw std::runtime_error("no verdict of " + arm + " with seed " + std::to_string(seed));
}

std::vector<double> ReportedStudy::scores(const std::string& arm) const {
  std::vector<double> all;
  for (int seed = 1; seed <= kSeeds; ++seed)
    all.push_back(verdict_line(arm, seed).at("score").get<double>());
  return all;
}

std::string ReportedStudy::ending(const Json& line) {
  if (line.at("status") == "finished") return "finished";
  return line.at("metric").is_null() ? "diverged" : "no better";
}

int ReportedStudy::ended(const std::string& arm, const std::string& how) const {
  int count = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) count += ending(verdict_line(arm, seed)) == how;
  return count;
}

Expected ReportedStudy::score(const std::string& arm) const { return expected_of(scores(arm)); }

Expected ReportedStudy::difference(const std::string& arm) const {
  std::vector<double> all = scores(arm);
  const std::vector<double> baseline = scores(arms_[0]);
  for (size_t i = 0; i < all.size(); ++i) all[i] -= baseline[i];
  return expected_of(all);
}

std::string ReportedStudy::text(const std::string& file) const {
  return read_bytes(study_.at("out") / file);
}

Json ReportedStudy::embedded() const {
  const std::string page = text("report.html"),
                    start = "<script type=\"application/json\" id=\"data\">";
  const size_t from = page.find(start) + start.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace norma
