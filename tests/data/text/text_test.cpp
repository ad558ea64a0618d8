#include <nlohmann/json.hpp>
#include <numeric>

#include "core/io/sha256.h"
#include "data/loader.h"
#include "data/text/synthetic_text.h"
#include "data/text/tokenizer.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// A text in which every position can be told from every other: the characters U+4E00, U+4E01 …
std::string counting_text(int characters) {
  std::string text;
  for (int i = 0; i < characters; ++i) {
    text += static_cast<char>(0xE4 + ((0xE00 + i) >> 12));
    text += static_cast<char>(0x80 | (((0x4E00 + i) >> 6) & 0x3F));
    text += static_cast<char>(0x80 | ((0x4E00 + i) & 0x3F));
  }
  return text;
}

std::string text_config(const std::string& file, const std::string& more = "") {
  return R"({"type": "text", "source": ")" + file + "\"" + more + "}";
}

}  // namespace

TEST_CASE("a text is cut into training, validation and test part", "[data][text]") {
  const ScratchFolder folder;
  const std::string text = "abcdefghij" + std::string(80, 'a') + "bbbbbbbbbb";
  const auto data = load_data(
      text_config(folder.write("t", text), R"(, "val_fraction": 0.2, "test_fraction": 0.1)"), 4);
  const DataCard card = data->card();
  REQUIRE(card.splits.size() == 3);
  CHECK(card.splits[0].sha256 == io::sha256_of(text.substr(0, 70)));
  CHECK(card.splits[1].sha256 == io::sha256_of(text.substr(70, 20)));
  CHECK(card.splits[2].sha256 == io::sha256_of(text.substr(90)));
  CHECK(card.splits[1].tokens == 20);
  CHECK(data->info().vocab == 10);
  CHECK(data->info().context == 4);
}

TEST_CASE("a cut never splits a character", "[data][text]") {
  const ScratchFolder folder;
  for (const double fraction : {0.1, 0.11, 0.12, 0.13}) {
    const auto data = load_data(text_config(folder.write("t", counting_text(100)),
                                            R"(, "val_fraction": )" + std::to_string(fraction)),
                                2);
    const DataCard card = data->card();
    CHECK(card.splits[0].tokens + card.splits[1].tokens == 100);
    CHECK(card.splits[0].bytes == 3 * card.splits[0].tokens);
  }
}

TEST_CASE("targets are the inputs one token later", "[data][text]") {
  const ScratchFolder folder;
  const auto data = load_data(
      text_config(folder.write("t", counting_text(200)), R"(, "val_fraction": 0, "context": 7)"));
  const Loader loader(*data, 1, DType::kFloat32);
  Batch batch;
  loader.training(0, 12, batch);
  CHECK(batch.input.shape() == Shape{12, 7});
  CHECK(batch.target.shape() == Shape{12, 7});
  CHECK(batch.samples == 12);
  CHECK(batch.tokens == 84);
  CHECK_FALSE(batch.mask.defined());
  const std::vector<int32_t> input = numbers_of(batch.input), target = numbers_of(batch.target);
  for (size_t i = 0; i < input.size(); ++i) {
    CHECK(target[i] == input[i] + 1);
    if (i % 7) CHECK(input[i] == input[i - 1] + 1);
  }
}

TEST_CASE("sequential windows stand side by side and wrap around", "[data][text]") {
  const ScratchFolder folder;
  const auto data =
      load_data(text_config(folder.write("t", counting_text(30)),
                            R"(, "val_fraction": 0, "context": 8, "order": "sequential")"));
  const Loader loader(*data, 1, DType::kFloat32);
  Batch batch;
  loader.training(0, 4, batch);  // 22 places: windows at 0, 8 and 16
  const std::vector<int32_t> input = numbers_of(batch.input);
  CHECK(input[0] == 0);
  CHECK(input[8] == 8);
  CHECK(input[16] == 16);
  CHECK(input[24] == 0);
}

TEST_CASE("evaluation asks for every token but the first exactly once", "[data][text]") {
  const ScratchFolder folder;
  for (const int length : {9, 10, 16, 17, 18, 40, 41}) {
    const auto data = load_data(text_config(folder.write("t", counting_text(length)),
                                            R"(, "val_fraction": 0, "context": 8)"));
    Batch batch;
    const int64_t samples = data->size(Split::kTrain);
    data->fetch(Split::kTrain, 0, samples, DType::kFloat32, batch);
    std::vector<int> asked(static_cast<size_t>(length));
    const std::vector<int32_t> input = numbers_of(batch.input), target = numbers_of(batch.target);
    for (size_t i = 0; i < target.size(); ++i) {
      if (target[i] == kIgnored) continue;
      CHECK(target[i] == input[i] + 1);
      ++asked[static_cast<size_t>(target[i])];
    }
    INFO(length);
    CHECK(asked[0] == 0);
    CHECK(std::accumulate(asked.begin(), asked.end(), 0) == length - 1);
    CHECK(std::count(asked.begin(), asked.end(), 1) == length - 1);
  }
}

TEST_CASE("batches of evaluation fit together", "[data][text]") {
  const ScratchFolder folder;
  const auto data = load_data(
      text_config(folder.write("t", counting_text(100)), R"(, "val_fraction": 0.5, "context": 8)"));
  Batch whole, part;
  data->fetch(Split::kValidation, 0, 7, DType::kFloat32, whole);
  data->fetch(Split::kValidation, 3, 4, DType::kFloat32, part);
  const std::vector<int32_t> all = numbers_of(whole.target), some = numbers_of(part.target);
  CHECK(std::equal(some.begin(), some.end(), all.begin() + 24));
  CHECK_THROWS_AS(data->fetch(Split::kValidation, 6, 2, DType::kFloat32, part), Error);
  CHECK_THROWS_AS(data->fetch(Split::kTest, 0, 1, DType::kFloat32, part), Error);
}

TEST_CASE("texts that cannot be trained on are refused with both sizes", "[data][text]") {
  const ScratchFolder folder;
  const std::string empty = folder.write("empty", ""), ten = folder.write("ten", "abcdefghij");
  CHECK_THAT(error_of([&] { load_data(text_config(empty), 4); }),
             ContainsSubstring("the text is empty"));
  CHECK_THAT(error_of([&] { load_data(text_config(ten, R"(, "val_fraction": 0)"), 10); }),
             ContainsSubstring("the train split has 10 tokens; one window of context 10 needs 11"));
  CHECK_THAT(error_of([&] { load_data(text_config(ten, R"(, "val_fraction": 0.3)"), 4); }),
             ContainsSubstring("the validation split has 3 tokens"));
  CHECK_THAT(error_of([&] { load_data(text_config(ten)); }), ContainsSubstring("set data.context"));
  CHECK_THAT(error_of([&] { load_data(text_config(ten, R"(, "context": 5)"), 4); }),
             ContainsSubstring("data.context is 5, more than the model's context of 4"));
  CHECK_THAT(error_of([&] { load_data(text_config(ten, R"(, "tokenizer": "word")"), 4); }),
             ContainsSubstring("bpe, byte, char"));
}

TEST_CASE("the card counts spans that both texts hold and unknown characters", "[data][text]") {
  const ScratchFolder folder;
  const std::string verse = "And there was evening, and there was morning: one day, then again. ";
  const std::string text =
      counting_text(400) + verse + counting_text(200) + verse + "\u00FC" + verse;
  const double fraction =
      static_cast<double>(2 * verse.size() + 2) / static_cast<double>(text.size());
  const auto data = load_data(
      text_config(folder.write("t", text), R"(, "val_fraction": )" + std::to_string(fraction)), 16);
  const DataCard card = data->card();
  REQUIRE(card.duplicates.size() == 1);
  CHECK(card.duplicates[0].checked == 2);
  CHECK(card.duplicates[0].found == 1);
  REQUIRE(card.notes.size() == 1);
  CHECK_THAT(card.notes[0], ContainsSubstring("1 characters of the validation text"));
  const Json json = card.json();
  CHECK(json["splits"]["validation"]["sha256"].get<std::string>().size() == 64);
  CHECK(json["duplicates"][0]["found"] == 1);
  CHECK(json["sample"]["vocab"] == data->info().vocab);
  CHECK(json["order"] == "shuffled");
}

TEST_CASE("byte-pair tokens give back the text", "[data][text]") {
  const auto data = load_data(
      R"({"type": "text", "source": "synthetic", "tokenizer": {"type": "bpe", "vocab": 320}})", 32);
  Batch batch;
  data->fetch(Split::kTrain, 0, 4, DType::kFloat32, batch);
  const std::vector<int32_t> tokens = numbers_of(batch.input);
  const std::string text = data->tokenizer()->decode(tokens);
  CHECK(text.size() > tokens.size());
  CHECK(synthetic_text().starts_with(text));
  CHECK(data->info().vocab == 320);
}

}  // namespace norma
