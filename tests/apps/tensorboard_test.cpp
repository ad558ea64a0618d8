// What `train` writes for TensorBoard: the numbers of metrics.jsonl, once each, whatever happened.
#include <signal.h>

#include "tests/apps/training_runs.h"
#include "tests/catch.h"
#include "tests/core/event_records.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

const Words kWatched =
    with(kSpirals, {"train.tensorboard=true", "train.eval_every=20", "train.checkpoint_every=30"});

struct Logged {
  std::string tag;
  int64_t step;
  float value;
  bool operator==(const Logged&) const = default;
};

std::vector<Logged> logged_in_metrics(const fs::path& run) {
  std::vector<Logged> points;
  for (const Json& line : metrics_of(run)) {
    const char* const split = line.contains("val/loss")    ? "val/"
                              : line.contains("test/loss") ? "test/"
                                                           : "";
    for (const auto& [name, value] : line.items())
      if (name != "step")
        points.push_back({name == "ms" ? split + name : name, line.at("step").get<int64_t>(),
                          static_cast<float>(value.get<double>())});
  }
  return points;
}

std::vector<Logged> logged_in_events(const fs::path& run) {
  std::vector<Logged> points;
  for (const ReadEvent& event : events_of(run))
    for (const auto& [tag, value] : event.scalars) points.push_back({tag, event.step, value});
  return points;
}

}  // namespace

TEST_CASE("train: TensorBoard's scalars are the numbers of the metrics", "[apps]") {
  TemporaryFolder folder;
  const fs::path run = folder / "run";
  const auto train = [&](const Words& more) {
    return run_program_as_user(with(kWatched, with({"--out", run.string()}, more)));
  };
  const Ended done = train({"train.steps=50"});
  INFO(done.err);
  REQUIRE(done.code == 0);
  REQUIRE(event_files_of(run).size() == 1);
  const std::vector<Logged> points = logged_in_events(run);
  CHECK(points.size() > 50 * 7);
  CHECK(points == logged_in_metrics(run));
  for (const ReadEvent& event : events_of(run)) CHECK(event.histograms.empty());

  // Started again, they are those of the new run alone; without being asked for there are none.
  REQUIRE(train({"train.steps=40", "--overwrite"}).code == 0);
  CHECK(event_files_of(run).size() == 1);
  CHECK(logged_in_events(run) == logged_in_metrics(run));
  REQUIRE(train({"train.steps=40", "--overwrite", "train.tensorboard=false"}).code == 0);
  CHECK(event_files_of(run).empty());
}

TEST_CASE("train: TensorBoard's scalars go on without duplicates after kills", "[apps]") {
  TemporaryFolder folder;
  const fs::path run = folder / "run";
  const Words resume{"train", "--resume", run.string()};
  int64_t reached = 0;
  for (const int64_t further : {20, 50, 45}) {  // once before there is a checkpoint
    ChildProgram program(
        reached == 0 ? with(kWatched, {"train.steps=100000", "--out", run.string()}) : resume);
    reached += further;
    wait_for_step(program, run, reached);
    program.send(SIGKILL);
    program.wait();
    for (const auto& file : event_files_of(run)) CHECK(read_events(file).size() > 0);
  }
  REQUIRE(run_program_as_user(with(resume, {"train.steps=140"})).code == 0);
  CHECK(logged_in_events(run) == logged_in_metrics(run));
  CHECK(event_files_of(run).size() > 1);
  // Of a run that had its end already, only that is written again.
  REQUIRE(run_program_as_user(resume).code == 0);
  CHECK(logged_in_events(run) == logged_in_metrics(run));
}

TEST_CASE("train: histograms of parameters and gradients where asked for", "[apps]") {
  TemporaryFolder folder;
  const fs::path run = folder / "run";
  const Ended done = run_program_as_user(with(
      kWatched, {"train.steps=40", "train.histograms=true", "clip=null", "--out", run.string()}));
  INFO(done.err);
  REQUIRE(done.code == 0);
  for (const int64_t step : {20, 40}) {
    double squares = 0;
    int params = 0, grads = 0;
    for (const ReadEvent& event : events_of(run))
      for (const auto& [tag, histogram] : event.histograms) {
        if (event.step != step) continue;
        double count = 0;
        for (const double each : histogram.counts) count += each;
        CHECK(count == histogram.count);
        params += tag.starts_with("params/");
        grads += tag.starts_with("grads/");
        if (tag.starts_with("grads/")) squares += histogram.sum_of_squares;
      }
    CHECK(params == grads);
    CHECK(params > 5);
    // The gradients are the means that the metrics know the norm of.
    for (const Json& line : metrics_of(run))
      if (line.at("step") == step && line.contains("grad_norm"))
        CHECK(std::sqrt(squares) == Approx(line["grad_norm"].get<double>()).epsilon(1e-6));
  }
  const Ended alone = run_program_as_user(
      with(kSpirals, {"train.histograms=true", "--out", (folder / "alone").string()}));
  CHECK(alone.code == 2);
  CHECK_THAT(alone.err, ContainsSubstring("train.histograms"));
}

}  // namespace norma
