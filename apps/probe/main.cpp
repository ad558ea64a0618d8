// probe: what happens inside a model, module by module, forward and backward.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "apps/common/program.h"
#include "apps/common/progress.h"
#include "apps/common/signals.h"
#include "apps/pages/probe_page.h"
#include "apps/probe/landscape_arguments.h"
#include "apps/probe/subject.h"
#include "apps/probe/tables.h"
#include "core/io/atomic_file.h"
#include "core/parallel.h"
#include "core/version.h"

namespace norma::probe_command {
namespace {

namespace fs = std::filesystem;

constexpr About kAbout{
    "probe",
    "Measures what happens inside a model: of every module's output and of the gradient there how "
    "large they are, how they are distributed and what is dead; of every parameter its gradient "
    "and "
    "what a step does to it; of joins, attentions and norms what is their own; with --landscape, "
    "of "
    "the loss around the weights. Takes training "
    "configs and run folders, several of them side by side. Prints tables and leaves "
    "probe.jsonl and probe.html, a page of charts; a run is not changed by it.",
    "  probe configs/quickstart.json\n"
    "  probe configs/quickstart.json model.norm=layer_norm --at step 100\n"
    "  probe configs/fashion_resnet20.json --at every 50 train.steps=200 --preset light\n"
    "  probe runs/quickstart\n"
    "  probe runs/ln runs/rms\n"
    "  probe runs/ln --landscape --slice line --slice plane\n"
    "  probe --list\n"
    "  probe --explain kurtosis\n"};

struct Arguments {
  std::vector<std::string> words, at, gauges;
  std::string preset = "full", out, explain;
  int64_t batches = 1;
  int threads = 0;
  bool list = false;
  LandscapeArguments landscape;

  void declare(CLI::App& app) {
    app.add_option("subjects", words,
                   "Config files or run folders; and options to change: dotted.path=value");
    app.add_option("--at", at,
                   "When: init, step N or every K; a config before its first step and a run where "
                   "its newest checkpoint stands if left out")
        ->expected(-1);
    app.add_option("--preset", preset, "Which gauges to read: light, full or off")
        ->check(CLI::IsMember({"light", "full", "off"}));
    app.add_option("--gauge", gauges, "A gauge to read besides")->allow_extra_args(false);
    app.add_option("--batches", batches, "Batches of an optimizer step to look at")
        ->check(CLI::PositiveNumber);
    app.add_option("-o,--out", out,
                   "Folder for probe.jsonl (of several subjects, for a folder each); if left out, "
                   "the run's own, or runs/<config's name>-probe");
    landscape.declare(app);
    app.add_flag("--list", list, "List all gauges and the presets");
    app.add_option("--explain", explain, "Say what a gauge computes, and over what");
    app.add_option("-j,--threads", threads, "Worker threads; all cores if left out")
        ->check(CLI::PositiveNumber);
  }
};

// --at takes all words behind it; those that are not its own are subjects and options.
void give_back(std::vector<std::string>& at, std::vector<std::string>& words) {
  const auto own = std::min(at.size(), size_t{at.empty() || at[0] == "init" ? 1u : 2u});
  words.insert(words.end(), at.begin() + static_cast<long>(own), at.end());
  at.resize(own);
}

// Where the records of a subject go; of several, `earlier` have their folders already.
fs::path folder_of(const Subject& subject, const std::string& out, bool several,
                   const std::vector<fs::path>& earlier) {
  const fs::path given = subject.name;
  const std::string name =
      given.has_filename() ? given.stem().string() : given.parent_path().filename().string();
  if (out.empty() && !subject.run.empty()) return subject.run;
  if (!out.empty() && !several) return out;
  const fs::path place = out.empty() ? fs::path("runs") / (name + "-probe") : fs::path(out) / name;
  fs::path folder = place;
  for (int number = 2; std::ranges::find(earlier, folder) != earlier.end(); ++number)
    folder = place.string() + "-" + std::to_string(number);
  return folder;
}

std::vector<Json> records_of(const Subject& subject, Probe& probe, const When& when, bool quiet) {
  const bool trains = when.kind == When::Kind::kStep || when.kind == When::Kind::kEvery;
  if (!trains) return probe_subject(subject, probe, when, [](int64_t) { return true; });
  Progress progress(
      {.label = subject.name,
       .total = when.kind == When::Kind::kStep ? when.number : subject.config.train.steps,
       .unit = "steps",
       .quiet = quiet});
  const std::vector<Json> records = probe_subject(subject, probe, when, [&](int64_t step) {
    progress.update(step, "");
    return !stop_requested();
  });
  progress.finish();
  return records;
}

// What probe_page() takes.
Json page_data(const Subject& subject, const fs::path& folder, const std::vector<Json>& records) {
  const fs::path whole = fs::weakly_canonical(subject.run.empty() ? subject.name : folder.string());
  const std::string name = subject.run.empty() ? whole.stem().string() : whole.filename().string();
  return {{"name", name.empty() ? "run" : name}, {"probe", records}};
}

int run(CommandLine& line) {
  Arguments args;
  args.declare(line.app());
  line.parse();
  if (args.threads > 0) set_thread_count(args.threads);
  if (args.list || !args.explain.empty()) {
    std::cout << (args.list ? gauges_text() : gauge_text(args.explain));
    return 0;
  }
  give_back(args.at, args.words);
  const When when = when_of(args.at);
  std::vector<std::string> overrides;
  std::erase_if(args.words, [&](const std::string& word) {
    const bool overrides_option = word.find('=') != word.npos && !fs::exists(word);
    if (overrides_option) overrides.push_back(word);
    return overrides_option;
  });
  if (args.words.empty())
    throw Error(
        "a config file or a run folder is needed, for example configs/quickstart.json; probe "
        "--help says more");
  ProbeOptions options{
      .preset = args.preset, .every = {}, .gauges = args.gauges, .batches = args.batches};
  // Names of gauges are checked before anything is read.
  Probe probe(options, args.landscape.options(args.batches));

  std::vector<Subject> subjects;
  for (const std::string& word : args.words) subjects.push_back(read_subject(word, overrides));
  catch_stop_signals("stopping; what was measured is kept");
  std::vector<Json> last;
  std::vector<fs::path> folders;
  Json shown{{"norma", version()}, {"runs", Json::array()}};
  for (const Subject& subject : subjects) {
    const std::vector<Json> records = records_of(subject, probe, when, line.quiet());
    if (records.empty()) return 1;  // stopped before the first
    const fs::path folder = folder_of(subject, args.out, subjects.size() > 1, folders);
    folders.push_back(folder);
    shown["runs"].push_back(page_data(subject, folder, write_records(folder, subject, records)));
    if (subject.run.empty()) io::write_atomically(folder / "config.json", subject.resolved);
    last.push_back(records.back());
    if (subjects.size() == 1)
      for (const Json& record : records) std::cout << record_text(subject.name, record) << "\n";
    if (!line.quiet()) std::cerr << "wrote " << (folder / "probe.jsonl").string() << "\n";
  }
  if (subjects.size() > 1) std::cout << records_side_by_side(args.words, last);
  const fs::path place = subjects.size() > 1 && !args.out.empty() ? fs::path(args.out) : folders[0];
  const fs::path page = place / "probe.html";
  io::write_atomically(page, probe_page(shown));
  if (!line.quiet()) std::cerr << "wrote " << page.string() << "\n";
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::probe_command
