#include "apps/trainer/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/common/folder_lock.h"
#include "apps/trainer/post_mortem.h"
#include "apps/trainer/tensorboard.h"
#include "core/config/changes.h"
#include "core/io/atomic_file.h"
#include "core/io/json_lines.h"
#include "core/pool.h"
#include "data/data_card.h"
#include "data/text/tokenizer.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The files and folders that a run leaves in its folder.
constexpr const char* kOfARun[] = {"config.json", "data_card.json", "metrics.jsonl",
                                   "probe.jsonl", "tokenizer.json", "model.safetensors",
                                   "checkpoints", "post_mortem"};

void put_figures(Json& line, const std::string& prefix, const std::vector<Figure>& figures) {
  for (const Figure& figure : figures) line[prefix + figure.name] = figure.value();
}

// One run being carried out.
class Run {
 public:
  Run(Training& training, const RunPlan& plan, RunListener& listener)
      : training_(training),
        options_(training.config().train),
        plan_(plan),
        listener_(listener),
        lock_(made_folder(plan.folder), "another training is writing into this folder"),
        board_(plan.folder, options_),
        checkpoints_(prepared(plan) / "checkpoints", static_cast<int>(options_.keep_checkpoints)) {
    if (plan.resume)
      resume();
    else
      begin();
    metrics_ = std::make_unique<io::JsonLines>(plan.folder / "metrics.jsonl");
    if (plan.recorder) plan.recorder->open(plan.folder, training_.steps_done());
    board_.open();
  }

  RunResult run() {
    listener_.on_start(training_, training_.steps_done());
    RunResult result;
    result.stopped_early = out_of_patience();  // before it was interrupted
    while (training_.steps_done() < options_.steps && !result.stopped_early) {
      if (plan_.stop_requested()) {
        result.stopped = true;
        break;
      }
      step();
      const int64_t step = training_.steps_done();
      const bool last = step == options_.steps;
      if (last || (options_.eval_every > 0 && step % options_.eval_every == 0)) {
        result.validation = validate();
        result.stopped_early = out_of_patience();
      }
      if (last || result.stopped_early ||
          (options_.checkpoint_every > 0 && step % options_.checkpoint_every == 0) || best_is_new_)
        checkpoint();
    }
    if (result.stopped && checkpointed_ != training_.steps_done()) checkpoint();
    result.steps = training_.steps_done();
    if (!result.stopped) finish(result);
    return result;
  }

 private:
  static const fs::path& prepared(const RunPlan& plan) {
    if (!plan.resume && plan.overwrite) {
      for (const char* name : kOfARun) fs::remove_all(plan.folder / name);
      io::rewind_events(plan.folder, std::nullopt);
    }
    return plan.folder;
  }

  void begin() {
    const DataCard card = training_.data().card();
    io::write_atomically(plan_.folder / "data_card.json", format_json(card.json()) + "\n");
    io::write_atomically(plan_.folder / "config.json", plan_.resolved);
    for (const std::string& note : card.notes) listener_.on_note(note);
    for (const std::string& warning : training_.warnings()) listener_.on_note(warning);
    if (const Tokenizer* tokenizer = training_.data().tokenizer())
      io::write_atomically(plan_.folder / "tokenizer.json", format_json(tokenizer->json()) + "\n");
  }

  void resume() {
    std::vector<std::string> skipped;
    const auto newest = checkpoints_.newest(&skipped);
    for (const std::string& sentence : skipped) listener_.on_note(sentence);
    if (!newest) {
      listener_.on_note("no checkpoint yet: starting from the beginning");
      io::truncate_to_step(plan_.folder / "metrics.jsonl", 0);
      board_.rewind(nullptr, 0);
      begin();
      return;
    }
    const io::LoadedCheckpoint checkpoint = io::load_checkpoint(*newest);
    const Json state = Json::parse(checkpoint.state_json);
    check_continuation(state, checkpoint.step);
    training_.restore(checkpoint);
    checkpoints_.rewind_to(checkpoint.step);
    record_changes();
    if (state.contains("best_step") && state["best_step"] == checkpoint.step)
      checkpoints_.keep_best(checkpoint.step);  // a kill may have come in between
    if (!state.at("best_loss").is_null()) best_loss_ = state["best_loss"].get<double>();
    evaluations_without_gain_ = state.at("evaluations_without_gain").get<int64_t>();
    best_step_ = state.value("best_step", int64_t{-1});
    checkpointed_ = checkpoint.step;
    io::truncate_to_offset(plan_.folder / "metrics.jsonl",
                           state.at("metrics_bytes").get<int64_t>());
    board_.rewind(state.value("events", Json()), checkpoint.step + 1);
    listener_.on_resume(checkpoint.step);
  }

  // Throws Error where what is to go on would be another training.
  void check_continuation(const Json& state, int64_t step) const {
    const std::string folder = plan_.folder.string();
    if (options_.steps < step)
      throw Error(folder + ": " + std::to_string(step) + " steps are done, train.steps=" +
                  std::to_string(options_.steps) + " is less; a new run would be needed");
    if (state.at("seed") != options_.seed)
      throw Error(folder + ": the run began with train.seed=" + state["seed"].dump() +
                  ", going on with " + std::to_string(options_.seed) +
                  " would repeat some samples and leave out others");
    const fs::path card = plan_.folder / "data_card.json";
    const Json now = training_.data().card().json();
    if (fs::exists(card) && load_json(card).value("splits", Json()) != now.value("splits", Json()))
      throw Error(folder + ": the data are no longer those of " + card.string());
  }

  // The folder's config stays the one that the run goes by.
  void record_changes() {
    const fs::path file = plan_.folder / "config.json";
    const std::string changes = changed_options(load_json(file), Json::parse(plan_.resolved));
    if (changes.empty()) return;
    listener_.on_note("from here on with other options than before: " + changes);
    io::write_atomically(file, plan_.resolved);
  }

  void step() {
    if (plan_.recorder) plan_.recorder->before_step(training_);
    const auto start = Clock::now();
    const StepReport report = training_.step();
    const double ms = milliseconds_since(start);
    if (plan_.recorder) plan_.recorder->after_step(training_, report);
    if (!report.finite()) {
      metrics_->flush();
      if (plan_.recorder) plan_.recorder->sync();
      throw Failure(write_post_mortem(training_, report, plan_.folder, plan_.resolved));
    }
    Json line{{"step", report.step},
              {"train/loss", report.loss},
              {"lr", report.lr},
              {"grad_norm", report.grad_norm}};
    if (report.classifies) line["train/accuracy"] = report.accuracy;
    put_figures(line, "train/", report.figures);
    if (report.clipped.units > 0)
      line["clipped_fraction"] = static_cast<double>(report.clipped.units_clipped) /
                                 static_cast<double>(report.clipped.units);
    line["ms"] = ms;
    if (report.tokens > 0)
      line["tokens_per_s"] = 1e3 * static_cast<double>(report.tokens) / ms;
    else
      line["samples_per_s"] = 1e3 * static_cast<double>(report.samples) / ms;
    const PoolStatistics pool = pool_statistics();
    line["pool_misses"] = pool.misses;
    line["peak_bytes"] = pool.peak_in_use;
    write(line);
    grad_scale_ = report.grad_scale;
    listener_.on_step(report, ms);
  }

  void write(const Json& line) {
    metrics_->write(line);
    board_.add_line(line);
  }

  std::optional<EvalReport> validate() {
    board_.add_parameters(training_.steps_done(), training_.params(), grad_scale_);
    const std::optional<EvalReport> report = evaluate(Split::kValidation, "val");
    best_is_new_ = report && report->loss < best_loss_;
    if (!report) return report;
    evaluations_without_gain_ = best_is_new_ ? 0 : evaluations_without_gain_ + 1;
    if (best_is_new_) best_loss_ = report->loss;
    listener_.on_evaluation(training_.steps_done(), Split::kValidation, *report, best_is_new_);
    return report;
  }

  std::optional<EvalReport> evaluate(Split split, const std::string& name) {
    const auto start = Clock::now();
    const std::optional<EvalReport> report = training_.evaluate(split);
    if (!report) return report;
    Json line{{"step", training_.steps_done()}, {name + "/loss", report->loss}};
    if (report->classifies) line[name + "/accuracy"] = report->accuracy;
    put_figures(line, name + "/", report->figures);
    line["ms"] = milliseconds_since(start);
    write(line);
    return report;
  }

  bool out_of_patience() const {
    return options_.patience && evaluations_without_gain_ >= *options_.patience;
  }

  // Waits until what was written would survive a loss of power.
  void sync() {
    metrics_->sync();
    board_.sync();
  }

  void checkpoint() {
    sync();
    io::CheckpointContent content = training_.snapshot();
    Json state = Json::parse(content.state_json);
    state["best_loss"] = std::isfinite(best_loss_) ? Json(best_loss_) : Json(nullptr);
    state["evaluations_without_gain"] = evaluations_without_gain_;
    if (best_is_new_) best_step_ = content.step;
    state["best_step"] = best_step_;
    state["metrics_bytes"] = metrics_->offset();
    if (plan_.recorder) plan_.recorder->sync();
    state["events"] = board_.position();
    content.state_json = state.dump();
    checkpoints_.save(content);
    if (best_is_new_) checkpoints_.keep_best(content.step);
    best_is_new_ = false;
    checkpointed_ = content.step;
  }

  // Running statistics of the final weights, and how well these do with them.
  void reestimate(RunResult& result) {
    const auto change = training_.reestimate_statistics();
    if (!change) return;
    listener_.on_statistics(*change);
    if (change->norms == 0) return;
    write({{"step", training_.steps_done()},
           {"precise_bn/norms", change->norms},
           {"precise_bn/values", change->values},
           {"precise_bn/largest_change", change->largest}});
    result.validation = evaluate(Split::kValidation, "val");
    if (result.validation)
      listener_.on_evaluation(training_.steps_done(), Split::kValidation, *result.validation,
                              false);
  }

  void finish(RunResult& result) {
    if (plan_.recorder) {
      plan_.recorder->at_end(training_);
      plan_.recorder->sync();
    }
    reestimate(result);
    result.test = evaluate(Split::kTest, "test");
    if (result.test)
      listener_.on_evaluation(training_.steps_done(), Split::kTest, *result.test, false);
    sync();
    io::write_safetensors(plan_.folder / "model.safetensors", training_.weights());
  }

  Training& training_;
  const TrainOptions& options_;
  const RunPlan& plan_;
  RunListener& listener_;
  FolderLock lock_;
  TensorBoard board_;
  io::CheckpointFolder checkpoints_;
  std::unique_ptr<io::JsonLines> metrics_;
  double grad_scale_ = 0;  // of the last step
  double best_loss_ = std::numeric_limits<double>::infinity();
  int64_t best_step_ = -1, evaluations_without_gain_ = 0;
  bool best_is_new_ = false;
  int64_t checkpointed_ = -1;
};

}  // namespace

void check_run_folder(const RunPlan& plan) {
  if (!fs::exists(plan.folder) || fs::is_empty(plan.folder)) {
    if (plan.resume) throw Error(plan.folder.string() + ": there is no run to resume");
    return;
  }
  if (!fs::is_directory(plan.folder))
    throw Error(plan.folder.string() + " is a file, not a folder");
  if (!fs::exists(plan.folder / "config.json") ||
      !(fs::exists(plan.folder / "data_card.json") || fs::exists(plan.folder / "metrics.jsonl")))
    throw Error(plan.folder.string() + " holds other files than a run's; choose another folder");
  if (!plan.resume && !plan.overwrite)
    throw Error(
        plan.folder.string() +
        " holds a run already: go on with --resume, start again with --overwrite, or choose "
        "another folder");
}

RunResult run_training(Training& training, const RunPlan& plan, RunListener& listener) {
  check_run_folder(plan);
  return Run(training, plan, listener).run();
}

}  // namespace norma
