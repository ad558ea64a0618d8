#include "data/images/poison.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr size_t kLabels = 1000;

// Classes 0 to 4 in turns.
std::vector<uint8_t> labels_in_turns() {
  std::vector<uint8_t> labels(kLabels);
  for (size_t i = 0; i < kLabels; ++i) labels[i] = static_cast<uint8_t>(i % 5);
  return labels;
}

Poisoned poisoned_by(const PoisonOptions& options) {
  std::vector<uint8_t> labels = labels_in_turns();
  return poison(options, 5, labels, "the test");
}

std::vector<int32_t> labels_of(const Dataset& data, Split split) {
  Batch batch;
  data.fetch(split, 0, data.size(split), DType::kFloat32, batch);
  return numbers_of(batch.target);
}

std::unique_ptr<Dataset> shapes_with(const std::string& poison) {
  return load_data(
      R"({"type": "shapes", "size": 8, "samples": 100, "test_samples": 20, "poison": )" + poison +
      "}");
}

}  // namespace

TEST_CASE("poison: exactly the share is relabelled, all of other classes", "[data][images]") {
  std::vector<uint8_t> labels = labels_in_turns();
  const std::vector<uint8_t> before = labels;
  const Poisoned poisoned = poison({.share = 0.1234, .towards = 3}, 5, labels, "the test");
  REQUIRE(poisoned.places.size() == 123);
  REQUIRE(poisoned.truth.size() == 123);
  CHECK(std::is_sorted(poisoned.places.begin(), poisoned.places.end()));
  size_t changed = 0;
  for (size_t i = 0; i < kLabels; ++i) changed += labels[i] != before[i];
  CHECK(changed == 123);
  for (size_t i = 0; i < 123; ++i) {
    const auto place = static_cast<size_t>(poisoned.places[i]);
    CHECK(labels[place] == 3);
    CHECK(poisoned.truth[i] == before[place]);
    CHECK(poisoned.truth[i] != 3);
  }
}

TEST_CASE("poison: follows from its seed, and a larger share holds a smaller one",
          "[data][images]") {
  const Poisoned some = poisoned_by({.share = 0.1, .towards = 2, .seed = 7});
  const Poisoned more = poisoned_by({.share = 0.3, .towards = 2, .seed = 7});
  CHECK(poisoned_by({.share = 0.1, .towards = 2, .seed = 7}).places == some.places);
  CHECK(poisoned_by({.share = 0.1, .towards = 2, .seed = 8}).places != some.places);
  CHECK(std::includes(more.places.begin(), more.places.end(), some.places.begin(),
                      some.places.end()));
}

TEST_CASE("poison: impossible wishes are errors", "[data][images]") {
  CHECK(poisoned_by({.share = 0.8}).places.size() == 800);
  CHECK_THAT(error_of([] { poisoned_by({.share = 0.801}); }),
             ContainsSubstring("asks for 801") && ContainsSubstring("800 of 1000"));
  CHECK_THAT(error_of([] { poisoned_by({.share = 0.1, .towards = 5}); }),
             ContainsSubstring("there are classes 0 to 4"));
  CHECK_THAT(error_of([] { shapes_with(R"({"share": 0.1, "towards": 6})"); }),
             ContainsSubstring("[shapes]") && ContainsSubstring("poison.towards is 6"));
}

TEST_CASE("poison: an image data set poisons its training split and says so", "[data][images]") {
  const auto clean = shapes_with("{}");
  const auto poisoned = shapes_with(R"({"share": 0.2, "towards": 3})");
  std::vector<int32_t> truth = labels_of(*clean, Split::kTrain);
  const std::vector<int32_t> now = labels_of(*poisoned, Split::kTrain);
  REQUIRE(truth.size() == 90);
  CHECK(std::count(now.begin(), now.end(), 3) == std::count(truth.begin(), truth.end(), 3) + 18);
  CHECK(labels_of(*poisoned, Split::kValidation) == labels_of(*clean, Split::kValidation));
  CHECK(labels_of(*poisoned, Split::kTest) == labels_of(*clean, Split::kTest));

  Batch drawn;
  const std::vector<int64_t> places{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  poisoned->fetch_training({places, 0, RandomStream(1, 2)}, DType::kFloat32, drawn);
  CHECK(numbers_of(drawn.target) == std::vector<int32_t>(now.begin(), now.begin() + 10));

  const Json card = poisoned->card().json();
  CHECK(card["poison"] == Json{{"share", 0.2}, {"towards", 3}, {"seed", 0}, {"labels", 18}});
  CHECK_THAT(card["notes"].dump(), ContainsSubstring("18 labels"));
  CHECK(card["splits"]["train"]["sha256"] != clean->card().json()["splits"]["train"]["sha256"]);
  CHECK_FALSE(clean->card().json().contains("poison"));
}

}  // namespace norma
