#include <algorithm>

#include "data/loader.h"
#include "data/text/tokenizer.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr int64_t kContext = 40;

// A text of 20 letters, of which about a fifth is held out: not a whole number of windows.
std::string letters() {
  std::string text;
  for (int i = 0; i < 10005; ++i) text += static_cast<char>('a' + (i * i + i / 7) % 20);
  return text;
}

std::unique_ptr<Dataset> masked(const ScratchFolder& folder, const std::string& more = "") {
  return load_data(R"({"type": "masked_tokens", "text": {"type": "text", "source": ")" +
                       folder.write("text", letters()) + R"(", "val_fraction": 0.2004})" + more +
                       "}",
                   kContext);
}

// What a batch holds, position by position.
struct Counts {
  double valid = 0, asked = 0, masked = 0, kept = 0;
};
Counts counts_of(const Batch& batch, int32_t words) {
  const auto input = numbers_of(batch.input), target = numbers_of(batch.target);
  Counts counts;
  for (size_t i = 0; i < input.size(); ++i) {
    const bool valid = batch.mask.data<uint8_t>()[i] != 0;
    counts.valid += valid;
    REQUIRE((input[i] == words) == !valid);  // padding
    if (target[i] == kIgnored) {
      REQUIRE(input[i] != words + 1);  // no mask token but where it is asked for
      continue;
    }
    REQUIRE(valid);
    REQUIRE((target[i] >= 0 && target[i] < words));
    ++counts.asked;
    counts.masked += input[i] == words + 1;
    counts.kept += input[i] == target[i];
  }
  return counts;
}

}  // namespace

TEST_CASE("masked tokens: keep the tokenizer of their text", "[data][text]") {
  const ScratchFolder folder;
  const auto data = masked(folder);
  REQUIRE(data->tokenizer());
  CHECK(data->tokenizer()->vocab() == data->info().vocab - 2);
}

TEST_CASE("masked tokens: 15 % are asked for, of which 80 % masked, 10 % changed, 10 % kept",
          "[data][text]") {
  const ScratchFolder folder;
  const auto data = masked(folder);
  CHECK(data->info().vocab == 22);
  CHECK_FALSE(data->info().next_token);
  Batch batch;
  Loader(*data, 1, DType::kFloat32).training(0, 2000, batch);
  const Counts counts = counts_of(batch, 20);
  // A tenth of the samples is half as long on average. Bounds of four deviations.
  CHECK(counts.valid / (2000 * kContext) ==
        Approx(1 - 0.1 * (kContext - 1) / (2 * kContext)).margin(0.01));
  CHECK(counts.asked / counts.valid == Approx(0.15).margin(0.006));
  CHECK(counts.masked / counts.asked == Approx(0.8).margin(0.015));
  // A token drawn at random is the old one in one of 20 cases.
  CHECK(counts.kept / counts.asked == Approx(0.1 + 0.1 / 20).margin(0.012));
}

TEST_CASE("masked tokens: a sample's masks do not follow from the batch it comes in",
          "[data][text]") {
  const ScratchFolder folder;
  const auto data = masked(folder);
  const Loader loader(*data, 1, DType::kFloat32);
  Batch all, some;
  loader.training(0, 20, all);
  loader.training(10, 10, some);
  const auto input = numbers_of(all.input), late = numbers_of(some.input);
  CHECK(std::equal(late.begin(), late.end(), input.begin() + 10 * kContext));
  // Another epoch hides other tokens.
  loader.training(static_cast<uint64_t>(loader.epoch_size()), 20, some);
  CHECK(numbers_of(some.target) != numbers_of(all.target));
}

TEST_CASE("masked tokens: evaluation asks the same each time, and no token twice", "[data][text]") {
  const ScratchFolder folder;
  const auto data = masked(folder, R"(, "fraction": 1, "short_fraction": 0)");
  Batch batch, again;
  const int64_t windows = data->size(Split::kValidation);
  data->fetch(Split::kValidation, 0, windows, DType::kFloat32, batch);
  data->fetch(Split::kValidation, 0, windows, DType::kFloat32, again);
  CHECK(numbers_of(batch.input) == numbers_of(again.input));
  // All but the last token of the split, which only ever is a next token.
  CHECK(counts_of(batch, 20).asked == static_cast<double>(data->card().splits[1].tokens - 1));
}

TEST_CASE("masked tokens: data without next tokens are refused", "[data][text]") {
  CHECK_THAT(error_of([] {
               load_data(R"({"type": "masked_tokens", "text": {"type": "selective_copy"}})");
             }),
             ContainsSubstring("takes windows of text"));
}

}  // namespace norma
