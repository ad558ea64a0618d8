// A training shared by several ranks, here threads of one process, equals one that is not.
#include <barrier>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "apps/trainer/training.h"
#include "core/comm.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

// Ranks that are threads and leave their messages in common memory.
class Threads {
 public:
  explicit Threads(int size) : meet_(size), sent_(static_cast<size_t>(size)) {}

  class Rank final : public Comm {
   public:
    Rank(Threads& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return static_cast<int>(all_.sent_.size()); }
    void all_reduce(std::span<float> sums) override { reduce(sums); }
    void all_reduce(std::span<double> sums) override { reduce(sums); }
    void all_gather(std::span<const double> mine, std::span<double> all) override {
      exchange(mine, [&](int from, std::span<const double> theirs) {
        std::copy(theirs.begin(), theirs.end(), all.begin() + from * std::ssize(mine));
      });
    }
    void broadcast(std::span<std::byte> bytes, int root) override {
      exchange(std::span<const std::byte>(bytes), [&](int from, std::span<const std::byte> theirs) {
        if (from == root && from != rank_) std::copy(theirs.begin(), theirs.end(), bytes.begin());
      });
    }

   private:
    // Shows `mine` to all ranks and calls take(rank, theirs) for each in order.
    template <class E, class Take>
    void exchange(std::span<const E> mine, Take take) {
      all_.sent_[static_cast<size_t>(rank_)] = mine.data();
      all_.meet_.arrive_and_wait();
      for (int from = 0; from < size(); ++from)
        take(from,
             std::span(static_cast<const E*>(all_.sent_[static_cast<size_t>(from)]), mine.size()));
      all_.meet_.arrive_and_wait();
    }
    template <class E>
    void reduce(std::span<E> sums) {
      std::vector<E> total(sums.size(), E(0));
      exchange(std::span<const E>(sums), [&](int, std::span<const E> theirs) {
        for (size_t i = 0; i < total.size(); ++i) total[i] += theirs[i];
      });
      std::copy(total.begin(), total.end(), sums.begin());
    }

    Threads& all_;
    int rank_;
  };

 private:
  friend class Rank;
  std::barrier<> meet_;
  std::vector<const void*> sent_;
};

RunConfig config_of(const std::string& json) {
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
  for (int64_t step = 0; step < config.train.steps; ++step)
    course.losses.push_back(training.step().loss);
  course.losses.push_back(training.evaluate(Split::kValidation)->loss);
  course.weights = training.params().values().clone();
  return course;
}

std::vector<Course> courses_of(const RunConfig& config, int ranks) {
  Threads threads(ranks);
  std::vector<Course> courses(static_cast<size_t>(ranks));
  std::vector<std::thread> running;
  for (int rank = 0; rank < ranks; ++rank)
    running.emplace_back([&, rank] {
      Threads::Rank comm(threads, rank);
      courses[static_cast<size_t>(rank)] = course_of(config, comm);
    });
  for (std::thread& each : running) each.join();
  return courses;
}

// Dropout and micro-batches: the random numbers of a sample must not depend on who computes it.
const char* const kPerceptron = R"({
  "model": {"type": "mlp", "layers": 2, "width": 16, "norm": "layer_norm", "dropout": 0.2},
  "data": {"type": "spirals", "val_samples": 100},
  "train": {"steps": 8, "batch": 24, "accumulate": 2, "precision": "fp64"}
})";

}  // namespace

TEST_CASE("two ranks train as one process does", "[apps]") {
  const RunConfig config = config_of(kPerceptron);
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

TEST_CASE("a batch that ranks cannot share equally is refused", "[apps]") {
  Threads threads(5);
  Threads::Rank comm(threads, 0);
  CHECK_THROWS_WITH(Training(config_of(kPerceptron), comm),
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
