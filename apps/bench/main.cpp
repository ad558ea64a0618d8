// bench: how fast the kernels are.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/bench/norms.h"
#include "apps/common/program.h"
#include "core/config/json.h"
#include "core/error.h"
#include "core/parallel.h"

namespace norma {
namespace {

constexpr About kAbout{
    "bench",
    "Times forward and backward of every norm, in turns; microseconds a call. Norms of rows run at "
    "4096x256, norms of images at 32x64x32x32.",
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

void print_table(const std::vector<BenchCase>& cases, const std::vector<Timing>& timings) {
  std::printf("%-28s %10s %10s %10s   µs, forward + backward\n", "", "median", "least", "most");
  for (size_t i = 0; i < cases.size(); ++i)
    std::printf("%-28s %10.1f %10.1f %10.1f\n", cases[i].name.c_str(), timings[i].median,
                timings[i].least, timings[i].most);
}

void print_json(const std::vector<BenchCase>& cases, const std::vector<Timing>& timings) {
  Json all = Json::object();
  for (size_t i = 0; i < cases.size(); ++i)
    all[cases[i].name] = {
        {"us", timings[i].median}, {"least_us", timings[i].least}, {"most_us", timings[i].most}};
  std::cout << format_json(Json{{"threads", thread_count()}, {"forward_backward", all}}) << "\n";
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
  constexpr double kSeconds = 0.05;  // a sample
  const std::vector<Timing> timings = time_in_turns(cases, rounds, kSeconds);
  (json ? print_json : print_table)(cases, timings);
  return 0;
}

}  // namespace
}  // namespace norma

int main(int argc, char** argv) {
  return norma::run_program(argc, argv, norma::kAbout,
                            [](norma::CommandLine& line) { return norma::run(line); });
}
