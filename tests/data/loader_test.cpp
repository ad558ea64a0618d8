#include "data/loader.h"

#include <cstring>

#include "core/parallel.h"
#include "core/pool.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"
#include "tests/threads.h"

namespace norma {
namespace {

// One of each way to make a batch: windows of text, augmented images, tasks, points.
const std::vector<std::string> kConfigs{
    R"({"type": "text", "source": "synthetic", "context": 16})",
    R"({"type": "shapes", "size": 12, "samples": 60, "test_samples": 0,
        "augment": {"crop": 2, "flip": true, "cutout": 4}})",
    R"({"type": "associative_recall", "train_samples": 50})",
    R"({"type": "spirals", "train_samples": 50})"};

std::string raw_bytes(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.raw()), tensor.bytes()};
}

std::string training_bytes(const Loader& loader, uint64_t first, int64_t count) {
  Batch batch;
  loader.training(first, count, batch);
  return raw_bytes(batch.input) + raw_bytes(batch.target);
}

}  // namespace

TEST_CASE("a training that was interrupted goes on with the same samples", "[data][loader]") {
  for (const std::string& json : kConfigs) {
    INFO(json);
    const auto data = load_data(json);
    const Loader loader(*data, 3, DType::kFloat32);
    // Across the end of the first epoch, from a data set and a loader made anew.
    const uint64_t first = static_cast<uint64_t>(loader.epoch_size()) - 5;
    const auto again = load_data(json);
    CHECK(training_bytes(loader, first, 16) ==
          training_bytes(Loader(*again, 3, DType::kFloat32), first, 16));
    CHECK(training_bytes(loader, first, 16) !=
          training_bytes(Loader(*again, 4, DType::kFloat32), first, 16));
  }
}

TEST_CASE("micro-batches put together are the batch", "[data][loader]") {
  for (const std::string& json : kConfigs) {
    INFO(json);
    const auto data = load_data(json);
    const Loader loader(*data, 3, DType::kFloat64);
    Batch whole, part;
    loader.training(40, 24, whole);
    std::string inputs, targets;
    for (uint64_t first = 40; first < 64; first += 8) {
      loader.training(first, 8, part);
      inputs += raw_bytes(part.input);
      targets += raw_bytes(part.target);
    }
    CHECK(inputs == raw_bytes(whole.input));
    CHECK(targets == raw_bytes(whole.target));
  }
}

TEST_CASE("batches have the same bits for any number of threads", "[data][loader]") {
  for (const std::string& json : kConfigs) {
    INFO(json);
    const auto make = [&](int threads) {
      const Threads set(threads);
      const auto data = load_data(json);
      return training_bytes(Loader(*data, 3, DType::kFloat32), 10, 48) +
             data->card().splits.at(0).sha256;
    };
    CHECK(make(1) == make(3));
  }
}

TEST_CASE("the same sample looks different in another epoch when it is augmented",
          "[data][loader]") {
  const auto data = load_data(kConfigs[1]);
  const Loader loader(*data, 3, DType::kFloat32);
  // Sequential places, two epochs: the same image under two sample numbers.
  const std::vector<int64_t> places{7, 7};
  Batch batch;
  data->fetch_training({places, 100, RandomStream(1, 2)}, DType::kFloat32, batch);
  const size_t half = batch.input.bytes() / 2;
  CHECK(std::memcmp(batch.input.raw(), batch.input.raw() + half, half) != 0);
}

TEST_CASE("a steady training asks the system for no memory", "[data][loader]") {
  for (const std::string& json : kConfigs) {
    INFO(json);
    const auto data = load_data(json);
    const Loader loader(*data, 3, DType::kFloat32);
    Batch batch;
    loader.training(0, 8, batch);
    const int64_t requests = pool_statistics().requests;
    for (uint64_t step = 1; step < 5; ++step) loader.training(step * 8, 8, batch);
    CHECK(pool_statistics().requests == requests);
  }
}

TEST_CASE("a batch somebody holds on to is left alone", "[data][loader]") {
  const auto data = load_data(kConfigs[3]);
  const Loader loader(*data, 3, DType::kFloat32);
  Batch batch;
  loader.training(0, 8, batch);
  const Tensor held = batch.input;
  const std::string before = raw_bytes(held);
  loader.training(8, 8, batch);
  CHECK(raw_bytes(held) == before);
  CHECK(raw_bytes(batch.input) != before);
}

TEST_CASE("places outside the training split are refused", "[data][loader]") {
  for (const std::string& json : kConfigs) {
    const auto data = load_data(json);
    Batch batch;
    for (const int64_t place : {int64_t{-1}, data->places().count}) {
      const std::vector<int64_t> places{0, place};
      CHECK_THROWS_AS(data->fetch_training({places, 0, RandomStream(1, 2)}, DType::kFloat32, batch),
                      Error);
    }
  }
}

}  // namespace norma
