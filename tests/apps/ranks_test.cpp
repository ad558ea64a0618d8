// A training shared by several ranks, here threads of one process, equals one that is not.
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/trainer/training.h"
#include "core/comm.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/ranks_as_threads.h"
#include "tests/specimen.h"

namespace norma {
namespace {

RunConfig config_of_text(const std::string& json) {
  return read_run_config(Json::parse(json), "the test", {}, nullptr);
}

// The losses of each step, of an evaluation, and the weights at the end.
struct Course {
  std::vector<double> losses;
  Tensor weights;
};
Course course_of(const RunConfig& config, Comm& comm) {
  Training training(config, comm);
  Course course;
  for (int64_t step = 0; step < config.train.steps; ++step) {
    const StepReport report = training.step();
    course.losses.push_back(report.loss);
    for (const Figure& figure : report.figures) course.losses.push_back(figure.value());
  }
  training.reestimate_statistics();
  course.losses.push_back(training.evaluate(Split::kValidation)->loss);
  course.weights = training.params().values().clone();
  return course;
}

std::vector<Course> courses_of(const RunConfig& config, int ranks) {
  std::vector<Course> courses(static_cast<size_t>(ranks));
  on_ranks(ranks, [&](Comm& comm) {
    courses[static_cast<size_t>(comm.rank())] = course_of(config, comm);
  });
  return courses;
}

// Dropout and micro-batches: the random numbers of a sample must not depend on who computes it.
const char* const kPerceptron = R"({
  "model": {"type": "mlp", "layers": 2, "width": 16, "norm": "layer_norm", "dropout": 0.2},
  "data": {"type": "spirals", "val_samples": 100},
  "train": {"steps": 8, "batch": 24, "accumulate": 2, "precision": "fp64"}
})";

// Terms that layers add to the loss, and figures: sums over ranks and micro-batches alike.
const char* const kExperts = R"({
  "model": {"type": "gpt", "layers": 2, "width": 8, "heads": 2, "context": 10,
            "ffn": {"hidden": 6, "router": {"type": "top_k", "experts": 3, "load_balance": 0.3}}},
  "data": {"type": "selective_copy", "length": 8, "items": 2, "symbols": 3, "val_samples": 12},
  "train": {"steps": 4, "batch": 12, "accumulate": 2, "precision": "fp64"}
})";

}  // namespace

TEST_CASE("two ranks train as one process does", "[apps]") {
  for (const char* const text : {kPerceptron, kExperts}) {
    const RunConfig config = config_of_text(text);
    const Course alone = course_of(config, single_process());
    for (const int ranks : {2, 3}) {
      const std::vector<Course> shared = courses_of(config, ranks);
      for (const Course& each : shared) {
        REQUIRE(each.losses.size() == alone.losses.size());
        for (size_t i = 0; i < alone.losses.size(); ++i)
          CHECK(each.losses[i] == Approx(alone.losses[i]).epsilon(1e-12));
        CHECK(same_bits(each.weights, shared[0].weights));
      }
    }
  }
}

TEST_CASE("batch norm over two ranks trains as over one process", "[apps]") {
  RunConfig config = config_of_text(R"({
    "model": {"type": "mlp", "layers": 2, "width": 16, "norm": "batch_norm", "activation": "tanh"},
    "data": {"type": "spirals", "val_samples": 100}, "optim": {"type": "sgd", "lr": 0.1},
    "train": {"steps": 6, "batch": 24, "precision": "fp64", "precise_bn": {"batches": 5}}
  })");
  const Course alone = course_of(config, single_process());
  Json options = *config.model.options;
  options["norm"]["type"] = "sync_batch_norm";
  options["norm"].erase("ghost_batch");
  config.model = make_spec(options, model_registry(), "the test");
  for (const Course& each : courses_of(config, 2)) {
    REQUIRE(each.losses.size() == alone.losses.size());
    for (size_t i = 0; i < alone.losses.size(); ++i)
      CHECK(each.losses[i] == Approx(alone.losses[i]).epsilon(1e-11));
    CHECK(largest_difference(each.weights, alone.weights) < 1e-11);
  }
}

TEST_CASE("terms that layers add to the loss do not depend on micro-batches", "[apps]") {
  RunConfig config = config_of_text(kExperts);
  const Course parts = course_of(config, single_process());
  config.train.accumulate = 1;
  const Course whole = course_of(config, single_process());
  for (size_t i = 0; i < whole.losses.size(); ++i)
    CHECK(parts.losses[i] == Approx(whole.losses[i]).epsilon(1e-10));
}

TEST_CASE("a batch that ranks cannot share equally is refused", "[apps]") {
  RanksAsThreads all(5);
  RanksAsThreads::Rank comm(all, 0);
  CHECK_THROWS_WITH(Training(config_of_text(kPerceptron), comm),
                    Catch::Matchers::ContainsSubstring("5 processes cannot share equally"));
}

TEST_CASE("one process has heard everything it sent", "[core]") {
  Comm& comm = single_process();
  CHECK(comm.rank() == 0);
  CHECK(comm.size() == 1);
  std::vector<double> sums{1, 2}, all(2);
  comm.all_reduce(sums);
  CHECK(sums == std::vector<double>{1, 2});
  comm.all_gather(sums, all);
  CHECK(all == sums);
}

}  // namespace norma
