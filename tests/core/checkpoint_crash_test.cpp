#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>
#include "core/io/checkpoint.h"
#include "core/io/json_lines.h"
#include "tests/catch.h"
#include "tests/core/checkpoint_content.h"
#include "tests/core/file_bytes.h"
#include "tests/core/power_loss.h"
#include "tests/core/recording_file_system.h"
#include "tests/temporary_folder.h"

// The promise of checkpoints: once the first save has returned, a loadable checkpoint exists at
// every later moment, whether the program is killed there or the computer loses its power.

using namespace norma;
using namespace norma::io;
namespace fs = std::filesystem;

namespace {

// What must be found from an operation on: a checkpoint of at least this step (-1: none yet).
struct Floor {
  size_t operations;
  int64_t step;
};

// A training on the recorder: metrics and checkpoints, a best one, a step saved twice, going back.
std::vector<Floor> train(const fs::path& run, RecordingFileSystem& files, int64_t first_step) {
  std::vector<Floor> floors;
  const auto reached = [&](int64_t step) { floors.push_back({files.operations().size(), step}); };
  CheckpointFolder checkpoints(run / "checkpoints", 2, files);
  JsonLines metrics(run / "metrics.jsonl", 1, files);
  const auto step_and_save = [&](int64_t step, int attempt) {
    metrics.write({{"step", step}, {"train/loss", 1.0 / static_cast<double>(1 + step)}});
    metrics.sync();
    const SomeState state(step, attempt);
    checkpoints.save(state.content());
    reached(step);
  };
  step_and_save(first_step, 0);
  step_and_save(first_step + 1, 0);
  checkpoints.keep_best(first_step + 1);
  step_and_save(first_step + 2, 0);
  step_and_save(first_step + 3, 0);
  step_and_save(first_step + 3, 1);
  reached(first_step + 2);
  checkpoints.rewind_to(first_step + 2);
  step_and_save(first_step + 3, 2);
  checkpoints.keep_best(first_step + 3);
  return floors;
}

int64_t floor_at(const std::vector<Floor>& floors, size_t operations) {
  int64_t step = -1;
  for (const Floor& floor : floors) {
    if (floor.operations <= operations) step = floor.step;
  }
  return step;
}

// What a restarted program finds in `run`; returns the step, or -1 for no checkpoint.
int64_t recover(const fs::path& run, RecordingFileSystem& files) {
  std::vector<std::string> skipped;
  const auto newest = newest_checkpoint(run / "checkpoints", &skipped);
  REQUIRE(skipped.empty());  // nothing damaged under a true name
  if (!newest) return -1;
  const LoadedCheckpoint loaded = load_checkpoint(*newest);
  require_whole(loaded);
  if (const auto best = best_checkpoint(run / "checkpoints")) require_whole(load_checkpoint(*best));

  // The metrics up to the checkpoint are all there.
  truncate_to_step(run / "metrics.jsonl", loaded.step, files);
  const std::string lines = read_bytes(run / "metrics.jsonl");
  REQUIRE(!lines.empty());
  const size_t last = lines.rfind('\n', lines.size() - 2) + 1;
  REQUIRE(nlohmann::json::parse(lines.substr(last)).at("step") == loaded.step);
  return loaded.step;
}

// Goes on from what `recover` accepted, as a resumed training does.
void go_on(const fs::path& run, int64_t from) {
  CheckpointFolder checkpoints(run / "checkpoints", 1);
  checkpoints.rewind_to(from);
  const SomeState state(from + 1);
  checkpoints.save(state.content());
  const auto newest = checkpoints.newest();
  REQUIRE(newest);
  REQUIRE(load_checkpoint(*newest).step == from + 1);
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    REQUIRE(entry.path().filename().string().find('.') == std::string::npos);  // no temporaries
  }
}

}  // namespace

TEST_CASE("checkpoint: a loss of power at any moment leaves a loadable checkpoint") {
  TemporaryFolder run(TemporaryFolder::Where::kMemory);
  RecordingFileSystem recorder(run.path());
  const std::vector<Floor> floors = train(run.path(), recorder, 1);
  const auto& operations = recorder.operations();

  std::mt19937 random(7);
  PowerLossDisk simulated;
  std::set<PowerLossDisk::Snapshot> seen;
  int behind = 0;  // outcomes in which the loss took back a save that was under way
  for (size_t done = 0; done <= operations.size(); ++done) {
    if (done > 0) simulated.apply(operations[done - 1]);
    for (const auto& outcome : simulated.outcomes(random, 20)) {
      if (!seen.insert(outcome).second && done > 0) continue;
      TemporaryFolder found(TemporaryFolder::Where::kMemory);
      materialize(outcome, found.path());
      CAPTURE(done);
      RecordingFileSystem files(found.path());
      const int64_t step = recover(found.path(), files);
      REQUIRE(step >= floor_at(floors, done));
      behind += step < floor_at(floors, operations.size());
      if (seen.size() % 8 == 0) go_on(found.path(), step);
    }
  }
  CHECK(operations.size() > 100);
  CHECK(seen.size() > 300);
  CHECK(behind > 100);
}

TEST_CASE("checkpoint: a kill, a restart and then a loss of power") {
  TemporaryFolder first_run(TemporaryFolder::Where::kMemory);
  RecordingFileSystem first(first_run.path());
  const std::vector<Floor> floors = train(first_run.path(), first, 1);

  // The kills that matter come between a rename and the sync that makes it safe.
  std::vector<size_t> kills = {0, first.operations().size()};
  for (size_t i = 0; i < first.operations().size(); ++i) {
    const auto kind = first.operations()[i].kind;
    if (kind == DiskOperation::Kind::kRename || kind == DiskOperation::Kind::kExchange) {
      kills.push_back(i + 1);
    }
  }
  CHECK(kills.size() > 10);
  std::mt19937 random(8);
  for (size_t killed_at : kills) {
    PowerLossDisk simulated;  // keeps across the kill what is not yet safe
    for (size_t i = 0; i < killed_at; ++i) simulated.apply(first.operations()[i]);

    TemporaryFolder second_run(TemporaryFolder::Where::kMemory);
    materialize(simulated.after_loss([](int64_t) { return PowerLossDisk::Fate::kKept; }),
                second_run.path());
    RecordingFileSystem second(second_run.path());
    CheckpointFolder(second_run / "checkpoints", 2, second);  // makes safe what it finds
    const int64_t found = recover(second_run.path(), second);
    REQUIRE(found >= floor_at(floors, killed_at));
    const std::vector<Floor> later = train(second_run.path(), second, found + 10);
    for (size_t done = 1; done <= second.operations().size(); ++done) {
      simulated.apply(second.operations()[done - 1]);
      if (done > 12 && done % 10 != 0) continue;  // the start is where a sweep can do harm
      for (const auto& outcome : simulated.outcomes(random, 6)) {
        TemporaryFolder folder(TemporaryFolder::Where::kMemory);
        materialize(outcome, folder.path());
        CAPTURE(killed_at, done);
        RecordingFileSystem files(folder.path());
        const int64_t step = recover(folder.path(), files);
        REQUIRE(step >= std::max(floor_at(floors, killed_at), floor_at(later, done)));
      }
    }
  }
}

namespace {

// Saves in a loop until it is killed; tells each step that is safe.
[[noreturn]] void save_until_killed(const fs::path& run, int64_t first_step, int told) {
  try {
    CheckpointFolder checkpoints(run / "checkpoints", 2);
    for (int64_t step = first_step;; ++step) {
      const SomeState state(step);
      checkpoints.save(state.content());
      if (step % 3 == 0) checkpoints.keep_best(step);
      if (::write(told, &step, sizeof(step)) != sizeof(step)) ::_exit(1);
    }
  } catch (...) {
    ::_exit(2);
  }
}

}  // namespace

TEST_CASE("checkpoint: kill -9 at random moments leaves the last saved checkpoint loadable") {
  // NORMA_KILLS=200 in the environment makes it long, and lets it tell what it did.
  const char* wanted = std::getenv("NORMA_KILLS");
  const int kills = wanted ? std::atoi(wanted) : 20;
  TemporaryFolder run;
  std::mt19937 random(9);
  int64_t safe = 0;
  int inside_a_save = 0;
  for (int kill = 0; kill < kills; ++kill) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) save_until_killed(run.path(), safe + 1, ends[1]);
    ::close(ends[1]);
    // Until the first word, so that every round gets somewhere; then a random moment.
    pollfd ready{ends[0], POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 60'000) == 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    int64_t told = 0;
    while (::read(ends[0], &told, sizeof(told)) == sizeof(told)) safe = told;
    ::close(ends[0]);

    for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
      if (entry.path().filename().string().find('.') != std::string::npos) {
        ++inside_a_save;
        break;
      }
    }
    std::vector<std::string> skipped;
    const auto newest = newest_checkpoint(run / "checkpoints", &skipped);
    CAPTURE(kill, safe);
    REQUIRE(skipped.empty());
    REQUIRE(newest);
    const LoadedCheckpoint loaded = load_checkpoint(*newest);
    require_whole(loaded);
    REQUIRE(loaded.step >= safe);
    safe = loaded.step;
  }
  if (wanted)
    WARN(kills << " kills, " << inside_a_save << " of them inside a save, up to step " << safe);
  CHECK(inside_a_save > 0);
}
