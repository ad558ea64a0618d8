// bench: how fast the kernels are, against what the machine can do.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/bench/against.h"
#include "apps/bench/cases.h"
#include "apps/bench/page.h"
#include "apps/bench/results.h"
#include "apps/common/program.h"
#include "core/config/json.h"
#include "core/io/atomic_file.h"
#include "core/parallel.h"

namespace norma::bench_command {
namespace {

constexpr About kAbout{
    "bench",
    "Times norms, alone and fused with their neighbours, matrix products, attention, convolutions, "
    "losses, optimizers, whole training steps and inference, in turns with what the machine can "
    "do: memory at the same working set, the best matrix product, multiply-adds in registers. "
    "Prints microseconds a call, GB/s and GFLOP/s of what the mathematics must move and compute, "
    "and the share of the roof that binds it. Samples taken while other programs use the cores are "
    "taken again. Names: --list.",
    "  bench\n"
    "  bench --list\n"
    "  bench --filter batch_norm --filter matmul --rounds 21\n"
    "  bench --filter step/gpt\n"
    "  bench --json > before.json\n"
    "  bench --against before.json --tolerance 5\n"
    "  bench --html roofline.html --note 'fused bias'\n"};

void print_names(const std::vector<std::string>& filters) {
  for (const BenchCase& each : all_cases())
    if (is_chosen(each.name, filters))
      std::cout << each.name << (each.large ? "  (only with --filter)" : "") << "\n";
}

int run(CommandLine& line) {
  std::vector<std::string> filters;
  std::string against, html, note;
  double tolerance = 10;
  Pace pace;
  int threads = 0;
  double milliseconds = 1e3 * pace.seconds;
  bool json = false, list = false;
  CLI::App& app = line.app();
  app.add_option("--filter", filters, "Only cases whose name contains this, large ones too")
      ->expected(1)
      ->take_all();
  app.add_flag("--list", list, "Print the names of the cases");
  app.add_option("--rounds", pace.rounds, "Samples of each case; long ones have fewer")
      ->check(CLI::PositiveNumber);
  app.add_option("--sample-ms", milliseconds, "Milliseconds of a sample at least")
      ->check(CLI::PositiveNumber);
  app.add_option("-j,--threads", threads, "Worker threads; all cores if left out")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", json, "Print JSON");
  CLI::Option* const earlier_file =
      app.add_option("--against", against,
                     "Compare shares with what --json printed earlier; exit code 1 where one fell");
  app.add_option("--tolerance", tolerance, "Percent of a share that it may fall")
      ->check(CLI::Range(0.0, 100.0))
      ->needs(earlier_file);
  app.add_option("--html", html, "Write a page with the roofline and the table to this file");
  app.add_option("--note", note, "What to call this run in JSON and HTML");
  line.parse();
  if (threads > 0) set_thread_count(threads);
  const std::vector<BenchCase> cases = chosen_cases(filters);
  if (list) {
    print_names(filters);
    return 0;
  }
  std::optional<Earlier> earlier;
  if (!against.empty()) earlier.emplace(against);
  pace.seconds = 1e-3 * milliseconds;
  Results results = measure(cases, pace);
  results.note = note;
  std::cout << (json ? format_json(as_json(results)) + "\n" : as_table(results));
  if (!html.empty()) io::write_atomically(html, as_html(results));
  if (!earlier) return 0;
  const Earlier::Verdict verdict = earlier->compare(results, filters, tolerance / 100);
  (json ? std::cerr : std::cout) << verdict.report;
  return verdict.fell > 0 ? 1 : 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::bench_command
