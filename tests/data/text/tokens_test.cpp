#include <nlohmann/json.hpp>

#include "core/io/sha256.h"
#include "data/loader.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Little-endian uint16, without a header.
std::string token_file(std::initializer_list<int> tokens) {
  std::string bytes;
  for (const int token : tokens) bytes += bytes_of({token & 0xFF, token >> 8});
  return bytes;
}

std::string token_range(int first, int count) {
  std::string bytes;
  for (int token = first; token < first + count; ++token)
    bytes += bytes_of({token & 0xFF, token >> 8});
  return bytes;
}

std::string tokens_config(const std::string& folder, const std::string& more = "") {
  return R"({"type": "tokens", "source": ")" + folder + R"(", "context": 4)" + more + "}";
}

}  // namespace

TEST_CASE("token files are read as two bytes a token", "[data][tokens]") {
  const ScratchFolder folder;
  folder.write("train.bin", token_file({1, 256, 50256, 3, 4, 5, 6, 7, 8}));
  folder.write("val.bin", token_range(300, 10));
  const auto data = load_data(tokens_config(folder.str(), R"(, "order": "sequential")"));
  CHECK(data->info().vocab == 50257);
  CHECK(data->size(Split::kTrain) == 2);
  CHECK(data->size(Split::kValidation) == 3);
  CHECK(data->size(Split::kTest) == 0);
  const Loader loader(*data, 1, DType::kFloat64);
  Batch batch;
  loader.training(0, 2, batch);
  CHECK(numbers_of(batch.input) == std::vector<int32_t>{1, 256, 50256, 3, 4, 5, 6, 7});
  CHECK(numbers_of(batch.target) == std::vector<int32_t>{256, 50256, 3, 4, 5, 6, 7, 8});
  loader.evaluation(Split::kValidation, 2, 1, batch);
  CHECK(numbers_of(batch.input) == std::vector<int32_t>{305, 306, 307, 308});
  CHECK(numbers_of(batch.target) == std::vector<int32_t>{kIgnored, kIgnored, kIgnored, 309});
}

TEST_CASE("files can be named one by one", "[data][tokens]") {
  const ScratchFolder folder;
  const std::string train = folder.write("a", token_range(0, 20));
  const std::string test = folder.write("b", token_range(5, 9));
  const auto data = load_data(R"({"type": "tokens", "train": ")" + train + R"(", "test": ")" +
                              test + R"(", "vocab": 64, "context": 4})");
  CHECK(data->info().vocab == 64);
  CHECK(data->size(Split::kValidation) == 0);
  CHECK(data->size(Split::kTest) == 2);
  const DataCard card = data->card();
  REQUIRE(card.splits.size() == 2);
  CHECK(card.splits[0].sha256 == io::sha256_of_file(train));
  CHECK(card.splits[1].sha256 == io::sha256_of_file(test));
}

TEST_CASE("held-out tokens that stand in the training file are found", "[data][tokens]") {
  const ScratchFolder folder;
  folder.write("train.bin", token_range(0, 300));
  folder.write("val.bin", token_range(100, 64) + token_range(1000, 64));
  const DataCard card = load_data(tokens_config(folder.str()))->card();
  REQUIRE(card.duplicates.size() == 1);
  CHECK(card.duplicates[0].checked == 2);
  CHECK(card.duplicates[0].found == 1);
}

TEST_CASE("faulty token files are named with what was found", "[data][tokens]") {
  const ScratchFolder folder;
  const auto message = [&](const std::string& more = "") {
    return error_of([&] { load_data(tokens_config(folder.str(), more)); });
  };
  CHECK_THAT(message(), ContainsSubstring("train.bin"));  // absent
  folder.write("train.bin", "");
  CHECK_THAT(message(), ContainsSubstring("train.bin: the file is empty"));
  folder.write("train.bin", "odd");
  CHECK_THAT(message(), ContainsSubstring("train.bin: has 3 bytes, an odd number"));
  folder.write("train.bin", token_range(0, 4));
  CHECK_THAT(message(), ContainsSubstring("has 4 tokens; one window of context 4 needs 5"));
  folder.write("train.bin", token_range(0, 40));
  CHECK_THAT(message(R"(, "vocab": 33)"),
             ContainsSubstring("train.bin: token 33 is 33, data.vocab allows 0 to 32"));
  folder.write("val.bin", "");
  CHECK_THAT(message(), ContainsSubstring("val.bin: the file is empty"));
  CHECK_THAT(error_of([] { load_data(R"({"type": "tokens"})", 4); }),
             ContainsSubstring("a folder, or the file train"));
}

}  // namespace norma
