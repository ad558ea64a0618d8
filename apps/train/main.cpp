// train: trains a model as a config says.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/common/program.h"
#include "apps/common/signals.h"
#include "apps/gauges/probe/run_probe.h"
#include "apps/train/screen.h"
#include "apps/trainer/run.h"
#include "apps/trainer/summary.h"
#include "apps/trainer/verify_resume.h"
#include "core/io/checkpoint.h"
#include "core/parallel.h"

namespace norma::train_command {
namespace {

constexpr About kAbout{
    "train",
    "Trains a model as a JSON config says and leaves a run folder: the resolved config, "
    "metrics.jsonl, checkpoints and model.safetensors; with train.tensorboard=true also event "
    "files "
    "for TensorBoard.",
    "  train configs/quickstart.json\n"
    "  train configs/quickstart.json optim.lr=3e-4 model.norm.type=layer_norm --out runs/ln\n"
    "  train configs/quickstart.json --dry-run\n"
    "  train --resume runs/ln\n"
    "  train --print-schema > schema.json\n"};

struct Arguments {
  std::string config, out, resume;
  std::vector<std::string> overrides;
  bool overwrite = false, print_config = false, print_schema = false, dry_run = false;
  int64_t verify_steps = 0;
  int threads = 0;
  std::string seed;

  void declare(CLI::App& app) {
    app.add_option("config", config, "Config file (JSON)");
    app.add_option("overrides", overrides, "Options to change: dotted.path=value");
    app.add_option("-o,--out", out, "Run folder to write; runs/<config's name> if left out");
    app.add_option("--resume", resume, "Go on with the run in this folder");
    app.add_flag("--overwrite", overwrite, "Start again in a folder that holds a run")
        ->excludes("--resume");
    app.add_flag("--print-config", print_config, "Print the config with every default filled in");
    app.add_flag("--print-schema", print_schema, "Print the JSON Schema of configs");
    app.add_flag("--dry-run", dry_run, "Print the model's tree, sizes, operations and memory");
    app.add_option("--verify-resume", verify_steps,
                   "Train this many steps with and without an interruption and compare every bit")
        ->expected(0, 1)
        ->default_str("20")
        ->check(CLI::PositiveNumber);
    app.add_option("-j,--threads", threads, "Worker threads; all cores if left out")
        ->check(CLI::PositiveNumber);
    app.add_option("--seed", seed, "Short for train.seed=");
  }
};

std::string default_folder(const std::string& config) {
  return "runs/" + std::filesystem::path(config).stem().string();
}

int train(RunConfig config, const RunPlan& plan, bool quiet) {
  // The checkpoint has the weights; the file they once came from may be gone.
  if (plan.resume && io::newest_checkpoint(plan.folder / "checkpoints"))
    config.train.init_from.clear();
  std::optional<RunProbe> probe;
  if (config.probe.on()) probe.emplace(config.probe);
  Training training(config);
  catch_stop_signals("stopping after this step, then saving; once more to leave at once");
  RunPlan watched = plan;
  watched.stop_requested = stop_requested;
  watched.recorder = probe ? &*probe : nullptr;
  Screen screen(plan.folder, quiet);
  const RunResult result = run_training(training, watched, screen);
  screen.close(result);
  return 0;
}

int run(CommandLine& line) {
  Arguments args;
  args.declare(line.app());
  line.parse();
  if (args.threads > 0) set_thread_count(args.threads);
  if (args.print_schema) {
    std::cout << format_json(run_config_schema()) << "\n";
    return 0;
  }
  if (!args.resume.empty() && args.config.find('=') != std::string::npos) {
    args.overrides.insert(args.overrides.begin(), args.config);
    args.config.clear();
  }
  if (args.config.empty() && args.resume.empty())
    throw Error(
        "a config file is needed, for example configs/quickstart.json; train --help says more");

  const std::filesystem::path folder = !args.resume.empty() ? args.resume
                                       : args.out.empty()   ? default_folder(args.config)
                                                            : args.out;
  RunPlan plan{.folder = folder,
               .resolved = "",
               .resume = !args.resume.empty(),
               .overwrite = args.overwrite};
  const bool runs = !args.print_config && !args.dry_run && args.verify_steps == 0;
  if (runs) check_run_folder(plan);
  const std::string source = args.config.empty() ? (folder / "config.json").string() : args.config;
  if (!args.seed.empty()) args.overrides.push_back("train.seed=" + args.seed);
  Json resolved;
  const RunConfig config = read_run_config(load_json(source), source, args.overrides, &resolved);
  const std::string text = format_json(resolved) + "\n";
  Probe{config.probe};  // names of gauges are checked whatever is done with the config

  if (args.print_config) {
    std::cout << text;
    return 0;
  }
  if (args.dry_run) {
    Training training(config);
    std::cout << training_summary(training);
    return 0;
  }
  if (args.verify_steps > 0) {
    std::cout << verify_resume(config, args.verify_steps) << "\n";
    return 0;
  }
  plan.resolved = text;
  return train(config, plan, line.quiet());
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::train_command
