#include "data/synthetic/sequence_task.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Sequence {
  std::vector<int32_t> input, target;
};

std::vector<Sequence> sequences_of(const Dataset& data, Split split) {
  Batch batch;
  data.fetch(split, 0, data.size(split), DType::kFloat32, batch);
  const std::vector<int32_t> input = numbers_of(batch.input), target = numbers_of(batch.target);
  const auto context = static_cast<std::ptrdiff_t>(data.info().context);
  std::vector<Sequence> sequences;
  for (std::ptrdiff_t at = 0; at < std::ssize(input); at += context)
    sequences.push_back({{input.begin() + at, input.begin() + at + context},
                         {target.begin() + at, target.begin() + at + context}});
  return sequences;
}

}  // namespace

TEST_CASE("selective copy asks for the symbols in their order", "[data][tasks]") {
  const auto data = load_data(R"({"type": "selective_copy", "length": 20, "items": 5, "symbols": 3,
                                  "train_samples": 300})");
  CHECK(data->info().vocab == 5);
  CHECK(data->info().context == 25);
  std::set<int32_t> places, symbols;
  for (const Sequence& s : sequences_of(*data, Split::kTrain)) {
    std::vector<int32_t> found;  // solved from the input alone
    for (int32_t i = 0; i < 20; ++i) {
      REQUIRE(s.target[static_cast<size_t>(i)] == kIgnored);
      if (s.input[static_cast<size_t>(i)] == 0) continue;
      found.push_back(s.input[static_cast<size_t>(i)]);
      places.insert(i);
    }
    symbols.insert(found.begin(), found.end());
    REQUIRE(found == std::vector<int32_t>(s.target.begin() + 20, s.target.end()));
    REQUIRE(std::count(s.input.begin() + 20, s.input.end(), 1) == 5);
  }
  CHECK(places.size() == 20);
  CHECK(symbols == std::set<int32_t>{2, 3, 4});
}

TEST_CASE("associative recall asks for values whose keys were shown", "[data][tasks]") {
  const auto data = load_data(R"({"type": "associative_recall", "pairs": 6, "queries": 3,
                                  "keys": 7, "values": 4, "train_samples": 300})");
  CHECK(data->info().vocab == 11);
  CHECK(data->info().context == 15);
  std::set<int32_t> keys, values;
  for (const Sequence& s : sequences_of(*data, Split::kTrain)) {
    std::map<int32_t, int32_t> memory;
    for (size_t i = 0; i < 12; i += 2) {
      memory[s.input[i]] = s.input[i + 1];
      keys.insert(s.input[i]);
      values.insert(s.input[i + 1]);
      REQUIRE(s.target[i] == kIgnored);
      REQUIRE(s.target[i + 1] == kIgnored);
    }
    REQUIRE(memory.size() == 6);  // no key twice
    for (size_t i = 12; i < 15; ++i) REQUIRE(s.target[i] == memory.at(s.input[i]));
  }
  CHECK(keys == std::set<int32_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(values == std::set<int32_t>{7, 8, 9, 10});
}

TEST_CASE("modular addition has every pair in exactly one split", "[data][tasks]") {
  const auto data = load_data(R"({"type": "modular_addition", "modulus": 11, "val_fraction": 0.3,
                                  "test_fraction": 0.2})");
  CHECK(data->info().vocab == 12);
  std::set<std::pair<int32_t, int32_t>> pairs;
  for (const Split split : kSplits)
    for (const Sequence& s : sequences_of(*data, split)) {
      REQUIRE(s.input[2] == 11);
      REQUIRE(s.target == std::vector<int32_t>{kIgnored, kIgnored, (s.input[0] + s.input[1]) % 11});
      pairs.insert({s.input[0], s.input[1]});
    }
  CHECK(pairs.size() == 121);
  CHECK(data->size(Split::kValidation) == 36);
  CHECK(data->size(Split::kTest) == 24);
  CHECK(data->size(Split::kTrain) == 61);
  for (const DuplicateCard& duplicate : data->card().duplicates) CHECK(duplicate.found == 0);
}

TEST_CASE("modular addition asks for other operations by a token in front", "[data][tasks]") {
  const auto data = load_data(R"({"type": "modular_addition", "modulus": 5, "operations": 3,
                                  "val_fraction": 0.2})");
  CHECK(data->info().vocab == 9);
  CHECK(data->info().context == 4);
  std::set<std::vector<int32_t>> questions;
  for (const Split split : kSplits)
    for (const Sequence& s : sequences_of(*data, split)) {
      const int32_t a = s.input[1], b = s.input[2];
      const std::map<int32_t, int32_t> answers{
          {6, (a + b) % 5}, {7, (a - b + 5) % 5}, {8, a * b % 5}};
      REQUIRE(s.input[3] == 5);
      REQUIRE(s.target ==
              std::vector<int32_t>{kIgnored, kIgnored, kIgnored, answers.at(s.input[0])});
      questions.insert(s.input);
    }
  CHECK(questions.size() == 75);
  CHECK(data->size(Split::kValidation) == 15);
}

TEST_CASE("number names: digits are answered with words", "[data][tasks]") {
  const auto data = load_data(R"({"type": "number_names", "digits": 6, "train_samples": 3000})");
  REQUIRE(data->info().context == 7);
  REQUIRE(data->info().answer == 10);
  CHECK(data->info().vocab == 42);
  std::map<int64_t, std::vector<int32_t>> names;
  std::array<std::set<int64_t>, kSplits.size()> numbers;
  for (const Split split : kSplits) {
    Batch batch;
    data->fetch(split, 0, data->size(split), DType::kFloat32, batch);
    const std::vector<int32_t> input = numbers_of(batch.input), target = numbers_of(batch.target);
    for (size_t sample = 0; sample * 7 < input.size(); ++sample) {
      int64_t number = 0;
      size_t at = sample * 7;
      for (; input[at] != 1; ++at) {
        REQUIRE((input[at] >= 2 && input[at] < 12));
        number = 10 * number + input[at] - 2;
      }
      for (size_t i = sample * 7; i < (sample + 1) * 7; ++i) {
        REQUIRE((batch.mask.data<uint8_t>()[i] != 0) == (i <= at));
        if (i > at) REQUIRE(input[i] == 0);
      }
      std::vector<int32_t> words;
      size_t word = sample * 10;
      for (; target[word] != 1; ++word) words.push_back(target[word] - 12);
      for (++word; word < (sample + 1) * 10; ++word) REQUIRE(target[word] == kIgnored);
      names[number] = words;
      numbers[static_cast<size_t>(split)].insert(number);
      // The words mean the number.
      int64_t thousands = 0, below = 0;
      for (const int32_t w : words) {
        REQUIRE((w >= 0 && w < 30));
        if (w < 20) below += w;
        if (w >= 20 && w < 28) below += 10 * (w - 18);
        if (w == 28) below *= 100;
        if (w == 29) thousands = below, below = 0;
      }
      REQUIRE(1000 * thousands + below == number);
    }
  }
  CHECK(names.size() > 2000);
  for (const int64_t number : numbers[0]) {
    REQUIRE(numbers[1].count(number) == 0);
    REQUIRE(numbers[2].count(number) == 0);
  }
  for (const DuplicateCard& duplicate : data->card().duplicates) CHECK(duplicate.found == 0);
}

TEST_CASE("tasks follow from their seed, and splits differ", "[data][tasks]") {
  const std::string start = R"({"type": "associative_recall", "train_samples": 20, "seed": )";
  const DataCard one = load_data(start + "1}")->card(), again = load_data(start + "1}")->card(),
                 two = load_data(start + "2}")->card();
  CHECK(one.splits[0].sha256 == again.splits[0].sha256);
  CHECK(one.splits[0].sha256 != two.splits[0].sha256);
  CHECK(one.splits[1].sha256 != one.splits[2].sha256);
  CHECK_THAT(one.json()["source"].get<std::string>(), ContainsSubstring("seed 1"));
}

TEST_CASE("copies between splits of a tiny task are reported", "[data][tasks]") {
  // Four different sequences there are; the validation split cannot but repeat them.
  const auto data = load_data(R"({"type": "selective_copy", "length": 2, "items": 1, "symbols": 2,
                                  "train_samples": 200, "val_samples": 50, "test_samples": 0})");
  const DataCard card = data->card();
  REQUIRE(card.duplicates.size() == 1);
  CHECK(card.duplicates[0].found == 50);
}

TEST_CASE("sequences longer than the model's context are refused", "[data][tasks]") {
  const std::string json = R"({"type": "selective_copy", "length": 20, "items": 5})";
  CHECK(error_of([&] { load_data(json, 25); }).empty());
  CHECK_THAT(error_of([&] { load_data(json, 24); }),
             ContainsSubstring("its sequences have 25 tokens, the model's context is 24"));
  CHECK_THAT(error_of([] { load_data(R"({"type": "selective_copy", "length": 4, "items": 5})"); }),
             ContainsSubstring("at most length"));
  CHECK_THAT(error_of([] { load_data(R"({"type": "associative_recall", "keys": 4})"); }),
             ContainsSubstring("at most keys"));
  CHECK_THAT(error_of([] {
               load_data(R"({"type": "modular_addition", "modulus": 2, "val_fraction": 0.9})");
             }),
             ContainsSubstring("leave no question"));
}

}  // namespace norma
