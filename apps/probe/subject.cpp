#include "apps/probe/subject.h"

#include <algorithm>
#include <map>

#include "apps/common/folder_lock.h"
#include "apps/gauges/probe/run_probe.h"
#include "core/config/values.h"
#include "core/io/atomic_file.h"
#include "core/io/checkpoint.h"
#include "core/io/json_lines.h"

namespace fs = std::filesystem;

namespace norma {

When when_of(const std::vector<std::string>& words) {
  const auto wrong = [&] {
    std::string said;
    for (const std::string& word : words) said += (said.empty() ? "" : " ") + word;
    return Error("--at " + said + ": expected init, step N or every K");
  };
  if (words.empty()) return {};
  if (words[0] == "init" && words.size() == 1) return {When::Kind::kInit};
  const bool step = words[0] == "step", every = words[0] == "every";
  int64_t number = 0;
  if (words.size() != 2 || !(step || every)) throw wrong();
  const Json given = Json::parse(words[1], nullptr, false);
  if (given.is_discarded() || !read_value(given, {.min = every ? 1.0 : 0.0}, number)) throw wrong();
  return {step ? When::Kind::kStep : When::Kind::kEvery, number};
}

Subject read_subject(const std::string& argument, std::span<const std::string> overrides) {
  Subject subject{.name = argument, .run = {}, .config = {}, .resolved = {}};
  fs::path file = argument;
  if (fs::is_directory(file)) {
    subject.run = file;
    file /= "config.json";
    if (!fs::exists(file))
      throw Error(argument + " is neither a config file nor a run folder: it has no config.json");
  }
  Json resolved;
  subject.config = read_run_config(load_json(file), file.string(), overrides, &resolved);
  subject.resolved = format_json(resolved) + "\n";
  return subject;
}

namespace {

// The newest checkpoint of the run, unless that is later than `latest`.
std::optional<io::LoadedCheckpoint> checkpoint_of(const Subject& subject, int64_t latest) {
  if (subject.run.empty()) return std::nullopt;
  const auto newest = io::newest_checkpoint(subject.run / "checkpoints");
  if (!newest) return std::nullopt;
  io::LoadedCheckpoint checkpoint = io::load_checkpoint(*newest);
  if (checkpoint.step > latest) return std::nullopt;
  return checkpoint;
}

// A training as it was before its first step, or as a checkpoint left it.
std::unique_ptr<Training> training_of(const Subject& subject,
                                      const std::optional<io::LoadedCheckpoint>& checkpoint) {
  RunConfig config = subject.config;
  if (checkpoint) config.train.init_from.clear();  // it has the weights; the file may be gone
  auto training = std::make_unique<Training>(config);
  if (checkpoint) training->restore(*checkpoint);
  return training;
}

// One step of the training, with a record of it where `probed`, and of what went wrong; false where
// numbers are no longer finite.
bool take_step(Training& training, Probe& probe, bool probed, std::vector<Json>& records) {
  if (probed) probe.before_step(training);
  const StepReport report = training.step();
  if (probed) records.push_back(probe.after_step(training, report));
  if (!report.finite() && !probed) records.push_back(probe.look(training));
  return report.finite();
}

}  // namespace

std::vector<Json> probe_subject(const Subject& subject, Probe& probe, const When& when,
                                const std::function<bool(int64_t step)>& progress) {
  const bool as_it_stands = when.kind == When::Kind::kAsItStands;
  const bool to_step = when.kind == When::Kind::kStep;
  const int64_t all = subject.config.train.steps;
  if (to_step && when.number > all)
    throw Error(subject.name + " has " + std::to_string(all) + " steps, --at step " +
                std::to_string(when.number) + " is behind them; train.steps=… makes it longer");
  const auto checkpoint = checkpoint_of(subject, as_it_stands ? all : to_step ? when.number : -1);
  if (as_it_stands && !subject.run.empty() && !checkpoint)
    throw Error(subject.name + " has no checkpoint; --at init probes what it began with");
  const std::unique_ptr<Training> training = training_of(subject, checkpoint);
  std::vector<Json> records;
  const bool trains = to_step || when.kind == When::Kind::kEvery;
  const int64_t end = to_step ? std::min(when.number + 1, all) : trains ? all : 0;
  while (training->steps_done() < end) {
    const int64_t step = training->steps_done();
    if (!progress(step)) return records;
    const bool probed = to_step ? step == when.number : step % when.number == 0;
    if (!take_step(*training, probe, probed, records)) return records;  // the last names the module
  }
  const bool at_end = !to_step || when.number == all;
  if (!trains || at_end) records.push_back(probe.look(*training));
  return records;
}

std::vector<Json> write_records(const fs::path& folder, const Subject& subject,
                                const std::vector<Json>& records) {
  const fs::path file = folder / RunProbe::kFile;
  const FolderLock lock(made_folder(folder), "a training is writing into this folder");
  std::map<int64_t, Json> by_step;
  if (!subject.run.empty() && fs::exists(file))
    for (const Json& record : io::read_json_lines(file))
      by_step[record.at("step").get<int64_t>()] = record;
  for (const Json& record : records) by_step[record.at("step").get<int64_t>()] = record;
  std::string text;
  std::vector<Json> all;
  for (const auto& [step, record] : by_step) {
    text += io::json_line(record) + "\n";
    all.push_back(record);
  }
  io::write_atomically(file, text);
  return all;
}

}  // namespace norma
