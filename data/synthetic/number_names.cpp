#include <algorithm>
#include <vector>

#include "data/synthetic/sequence_task.h"
#include "data/synthetic/task_options.h"

namespace norma {
namespace {

struct NumberNamesOptions {
  int64_t digits = 6;
  double heldout = 0.1;
  TaskOptions task;
  void describe(Fields& f) {
    f.integer("digits", digits, "of the longest numbers", {.min = 1, .max = 6});
    f.number("heldout", heldout,
             "share of all numbers that only validation asks for, and as many only the test",
             {.above = 0, .below = 0.4});
    task.describe(f);
  }
};

// A translation: the digits of a number, and as the answer its English name, word by word. Both end
// with a token that says so and are filled up to equal length. Which numbers are for which split
// follows from the seed, so that names are asked for that were never seen.
class NumberNames : public SequenceTask {
 public:
  enum Token : int32_t { kPadding, kEnd, kFirstDigit, kFirstWord = kFirstDigit + 10 };
  // Words are numbered: zero … nineteen, twenty, thirty … ninety, hundred, thousand.
  enum Word : int32_t { kTwenty = 20, kHundred = 28, kThousand, kWords };

  NumberNames(const NumberNamesOptions& o, const DataRequest& request)
      : SequenceTask({.type = "number_names",
                      .vocab = int64_t{kFirstWord} + int64_t{kWords},
                      .context = o.digits + 1,
                      .answer = longest_name(o.digits) + 1,
                      .padded = true,
                      .sizes = {o.task.train_samples, o.task.val_samples, o.task.test_samples},
                      .seed = o.task.seed,
                      .order = o.task.order.value()},
                     request),
        options_(o),
        chance_(static_cast<uint64_t>(o.task.seed), stable_hash("data.number_names.split")) {}

 private:
  // No number of so many digits has a longer name than the last, all nines: each of them adds the
  // most words that its place can.
  static int64_t longest_name(int64_t digits) {
    uint64_t last = 0;
    for (int64_t digit = 0; digit < digits; ++digit) last = 10 * last + 9;
    return std::ssize(name_of_number(last));
  }

  Split split_of(uint64_t number) const {
    const double chance = chance_.uniform(static_cast<uint32_t>(number), 0);
    if (chance < options_.heldout) return Split::kValidation;
    return chance < 2 * options_.heldout ? Split::kTest : Split::kTrain;
  }

  // Every length is as likely as any other, and of a length every number of the split.
  uint64_t draw(Split split, RandomSequence& random) const {
    constexpr int kPatience = 10000;  // a split may have no number of few digits
    for (int i = 0; i < kPatience; ++i) {
      const uint64_t length = random.below(static_cast<uint64_t>(options_.digits));
      uint64_t least = 1;
      for (uint64_t digit = 0; digit < length; ++digit) least *= 10;
      const uint64_t number = random.below(9 * least + (length == 0)) + (length == 0 ? 0 : least);
      if (split_of(number) == split) return number;
    }
    throw Error("[number_names] with seed " + std::to_string(options_.task.seed) + " the " +
                name_of(split) + " split has no numbers; choose more digits or another seed");
  }

  void write(Split split, int64_t index, int32_t* input, int32_t* target) const override {
    RandomSequence random = this->random(split, index);
    const uint64_t number = draw(split, random);
    const std::string digits = std::to_string(number);
    std::fill_n(input, info_.context, kPadding);
    for (const char digit : digits) *input++ = kFirstDigit + (digit - '0');
    *input = kEnd;
    std::fill_n(target, info_.answer, kIgnored);
    for (const int32_t word : name_of_number(number)) *target++ = kFirstWord + word;
    *target = kEnd;
  }

  static std::vector<int32_t> name_of_number(uint64_t number) {
    std::vector<int32_t> words;
    const auto n = static_cast<int32_t>(number);
    if (n == 0) words.push_back(0);
    if (n >= 1000) {
      name_below_thousand(n / 1000, words);
      words.push_back(kThousand);
    }
    name_below_thousand(n % 1000, words);
    return words;
  }
  static void name_below_thousand(int32_t n, std::vector<int32_t>& words) {
    if (n >= 100) {
      words.push_back(n / 100);
      words.push_back(kHundred);
      n %= 100;
    }
    if (n >= 20) {
      words.push_back(kTwenty + n / 10 - 2);
      n %= 10;
    }
    if (n > 0) words.push_back(n);
  }

  NumberNamesOptions options_;
  RandomStream chance_;
};

std::unique_ptr<Dataset> load(const NumberNamesOptions& options, const DataRequest& request) {
  return std::make_unique<NumberNames>(options, request);
}

const RegisterData<NumberNamesOptions> registered_number_names(
    "number_names", "translate digits into the English name of the number",
    "the numbers of English as spoken in America: no \"and\"", load);

}  // namespace
}  // namespace norma
