// compare: carries out a study and says what it found.
#include <CLI/CLI.hpp>
#include <iostream>

#include "apps/common/program.h"
#include "apps/common/signals.h"
#include "apps/compare/baseline_guard.h"
#include "apps/compare/claims.h"
#include "apps/compare/session.h"
#include "core/parallel.h"

namespace norma::compare_command {
namespace {

constexpr About kAbout{
    "compare",
    "Compares choices fairly: tunes every arm of a study with the same budget, trains the best of "
    "each with fresh seeds, and says what differs, by how much and how surely. Leaves "
    "results.jsonl, "
    "report.html, results.csv and results.md. A study that was stopped goes on when it is run "
    "again.",
    "  compare configs/studies/norms_quick.json\n"
    "  compare configs/studies/norms_quick.json --dry-run\n"
    "  compare configs/studies/norms_quick.json seeds=10 steps=600 --out runs/longer\n"
    "  compare configs/studies/norms_quick.json base.train.batch=16 --out runs/smaller-batch\n"
    "  compare configs/studies/norms_quick.json --against runs/before --against-build "
    "build-before\n"
    "  compare --claims --tier init\n"
    "  compare --print-schema > study_schema.json\n"};

struct Arguments {
  std::string study, out, tier, against, against_build;
  std::vector<std::string> overrides;
  bool overwrite = false, dry_run = false, print_schema = false, claims = false, worker = false;
  int threads = 0, workers = 0;

  void declare(CLI::App& app) {
    auto* const file = app.add_option("study", study, "Study file (JSON)");
    app.add_option("overrides", overrides, "Options of the study to change: dotted.path=value");
    app.add_option("-o,--out", out, "Folder to write; runs/<study's name> if left out");
    app.add_flag("--overwrite", overwrite, "Start again in a folder that holds a study");
    app.add_flag("--dry-run", dry_run,
                 "Print the plan: runs, time, what differs between arms, what it can detect");
    auto* const earlier =
        app.add_option("--against", against,
                       "Folder of an earlier run: fails where an arm became significantly worse");
    app.add_option("--against-build", against_build,
                   "Build folder of that run, for time and memory: both are run in turns")
        ->needs(earlier);
    auto* const published =
        app.add_flag("--claims", claims, "Run the published claims in configs/claims/")
            ->excludes(file);
    app.add_option("--tier", tier, "Only claims of this tier: init, evening or weekend")
        ->needs(published);
    app.add_flag("--print-schema", print_schema, "Print the JSON Schema of study files");
    app.add_option("--workers", workers, "Trials side by side; measured if left out")
        ->check(CLI::Range(1, 1024));
    app.add_option("-j,--threads", threads, "Threads to use in all; all cores if left out")
        ->check(CLI::Range(1, 1024));
    app.add_flag("--worker", worker, "")->group("");  // how it starts itself
  }
};

SessionOptions options_of(const Arguments& args, bool quiet) {
  SessionOptions options{.folder = args.out,
                         .overwrite = args.overwrite,
                         .dry_run = args.dry_run,
                         .quiet = quiet,
                         .threads = thread_count(),
                         .workers = {},
                         .command = "./norma compare " + args.study,
                         .against = {},
                         .against_build = {}};
  if (args.workers > 0) options.workers = args.workers;
  for (const std::string& each : args.overrides) options.command += " '" + each + "'";
  return options;
}

int run(CommandLine& line) {
  Arguments args;
  args.declare(line.app());
  line.parse();
  if (args.threads > 0) set_thread_count(args.threads);
  if (args.worker) return serve_orders();
  if (args.print_schema) {
    std::cout << format_json(study_schema()) << "\n";
    return 0;
  }
  catch_stop_signals("stopping; finished trials are kept, and the same command goes on from there");
  if (args.claims) return run_claims(options_of(args, line.quiet()), args.tier);
  if (args.study.empty())
    throw Error(
        "a study file is needed, for example configs/studies/norms_quick.json; compare --help says "
        "more");
  const std::filesystem::path file = args.study;
  const Study study = read_study(file, args.overrides);
  SessionOptions options = options_of(args, line.quiet());
  if (args.out.empty()) options.folder = "runs/" + file.stem().string();
  options.against = args.against;
  options.against_build = args.against_build;
  check_earlier(study, options);
  const SessionResult result = run_session(study, options);
  if (!args.against.empty() && result.plan.complete && !hold_against(study, result, options))
    return 1;
  return (result.stopped || result.failed) && !args.dry_run ? 1 : 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::compare_command
