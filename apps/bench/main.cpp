// bench: how fast the kernels are.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/bench/norms.h"
#include "apps/bench/roof.h"
#include "apps/common/program.h"
#include "core/config/json.h"
#include "core/error.h"
#include "core/parallel.h"

namespace norma {
namespace {

constexpr About kAbout{
    "bench",
    "Times forward and backward of every norm, in turns with copies of memory. Prints microseconds "
    "a call; what its mathematics must move, in GB a second and as a share of what memory can do "
    "at that working set; and that share against the best of the same loop shape. Norms of rows "
    "run at 4096x256, norms of images at 32x64x32x32.",
    "  bench\n"
    "  bench --filter batch_norm --rounds 51\n"
    "  bench --json > before.json\n"};

std::vector<BenchCase> chosen_cases(const std::string& filter) {
  std::vector<BenchCase> all = norm_cases(), chosen;
  std::string known;
  for (BenchCase& each : all) {
    known += (known.empty() ? "" : ", ") + each.name;
    if (each.name.find(filter) != std::string::npos) chosen.push_back(std::move(each));
  }
  if (chosen.empty()) throw Error("--filter " + filter + " leaves nothing of " + known);
  return chosen;
}

// A case with its times and how near it comes to what memory can do.
struct Row {
  const BenchCase& timed;
  Timing timing;
  double roof;  // GB/s
  double rate() const { return timed.bytes / timing.median * 1e-3; }
  double share() const { return rate() / roof; }
};

// The best share of each loop shape.
std::map<std::string, double> best_shares(const std::vector<Row>& rows) {
  std::map<std::string, double> best;
  for (const Row& row : rows) best[row.timed.shape] = std::max(best[row.timed.shape], row.share());
  return best;
}

void print_table(const std::vector<Row>& rows) {
  const std::map<std::string, double> best = best_shares(rows);
  std::printf("%-28s %-8s %10s %10s %10s %8s %8s %8s\n", "", "loop", "median µs", "least", "most",
              "GB/s", "of roof", "of best");
  for (const Row& row : rows)
    std::printf("%-28s %-8s %10.1f %10.1f %10.1f %8.1f %7.0f%% %7.0f%%\n", row.timed.name.c_str(),
                row.timed.shape.c_str(), row.timing.median, row.timing.least, row.timing.most,
                row.rate(), 100 * row.share(), 100 * row.share() / best.at(row.timed.shape));
}

void print_json(const std::vector<Row>& rows) {
  const std::map<std::string, double> best = best_shares(rows);
  Json all = Json::object();
  for (const Row& row : rows)
    all[row.timed.name] = {{"us", row.timing.median},
                           {"least_us", row.timing.least},
                           {"most_us", row.timing.most},
                           {"loop", row.timed.shape},
                           {"bytes", row.timed.bytes},
                           {"gb_per_s", row.rate()},
                           {"roof_gb_per_s", row.roof},
                           {"share_of_roof", row.share()},
                           {"share_of_best", row.share() / best.at(row.timed.shape)}};
  std::cout << format_json(Json{{"threads", thread_count()}, {"forward_backward", all}}) << "\n";
}

// Times the cases and, in the same turns, memory itself at their working sets.
std::vector<Row> timed_against_roofs(const std::vector<BenchCase>& cases, int rounds) {
  constexpr double kSeconds = 0.05;  // a sample
  std::set<double> working_sets;
  for (const BenchCase& each : cases) working_sets.insert(each.working_set);
  std::vector<BenchCase> all;
  for (const double working_set : working_sets)
    for (BenchCase& roof : bandwidth_cases(working_set)) all.push_back(std::move(roof));
  const size_t roofs = all.size();
  all.insert(all.end(), cases.begin(), cases.end());
  const std::vector<Timing> timings = time_in_turns(all, rounds, kSeconds);
  all.resize(roofs);
  std::vector<Row> rows;
  for (size_t i = 0; i < cases.size(); ++i)
    rows.push_back(
        {cases[i], timings[roofs + i], bandwidth_roof(all, timings, cases[i].working_set)});
  return rows;
}

int run(CommandLine& line) {
  std::string filter;
  int rounds = 15, threads = 0;
  bool json = false;
  CLI::App& app = line.app();
  app.add_option("--filter", filter, "Only cases whose name contains this");
  app.add_option("--rounds", rounds, "Samples of each case")->check(CLI::PositiveNumber);
  app.add_option("-j,--threads", threads, "Worker threads; all cores if left out")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", json, "Print JSON");
  line.parse();
  if (threads > 0) set_thread_count(threads);
  const std::vector<BenchCase> cases = chosen_cases(filter);
  (json ? print_json : print_table)(timed_against_roofs(cases, rounds));
  return 0;
}

}  // namespace
}  // namespace norma

int main(int argc, char** argv) {
  return norma::run_program(argc, argv, norma::kAbout,
                            [](norma::CommandLine& line) { return norma::run(line); });
}
