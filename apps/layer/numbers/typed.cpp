#include "apps/layer/numbers/typed.h"

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/config/config.h"

namespace norma::numbers {
namespace {

std::vector<std::string> words_in(const std::string& text) {
  constexpr const char* kBetween = " \t\r\n,;";
  std::vector<std::string> words;
  for (size_t at = text.find_first_not_of(kBetween); at != std::string::npos;) {
    const size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBetween, end);
  }
  return words;
}

std::string joined(const std::vector<int64_t>& extents) {
  std::string text;
  for (const int64_t extent : extents) text += (text.empty() ? "" : ",") + std::to_string(extent);
  return text;
}

constexpr size_t kSome = 8;

// Numbers that look like any others, the same on every machine.
std::vector<double> some_numbers(size_t count, double phase) {
  std::vector<double> numbers(count);
  for (size_t i = 0; i < count; ++i)
    numbers[i] = std::round(20 * std::sin(12.9898 * static_cast<double>(i + 1) + phase)) / 10;
  return numbers;
}

std::string count_of(size_t numbers) {
  return std::to_string(numbers) + (numbers == 1 ? " number" : " numbers");
}

// Reads the options one after the other and keeps what is wrong with them.
class Reading {
 public:
  std::vector<double> numbers(const std::string& option, const std::string& text) {
    std::vector<double> values;
    for (const std::string& word : words_in(text)) {
      char* end = nullptr;
      const double value = std::strtod(word.c_str(), &end);
      if (*end != '\0' || !std::isfinite(value))
        refuse(option + ", number " + std::to_string(values.size() + 1), quoted(word),
               "a finite number such as -1.5 or 2e3");
      values.push_back(value);
    }
    return values;
  }

  // (N,S,C), of `count` elements where that is given; one sample of channels where nothing is said.
  Shape shape(const std::string& text, std::optional<size_t> count) {
    const auto all = static_cast<int64_t>(count.value_or(kSome));
    if (text.empty()) return {1, 1, all};
    std::vector<int64_t> extents;
    for (const std::string& word : words_in(text)) {
      char* end = nullptr;
      const long long extent = std::strtoll(word.c_str(), &end, 10);
      if (*end != '\0' || extent < 1 || extent > kMostNumbers)
        refuse("--shape", quoted(word), "a whole number from 1 to " + std::to_string(kMostNumbers));
      extents.push_back(extent);
    }
    if (!faults_.empty()) return {1, 1, all};
    if (extents.size() != 3) {
      refuse("--shape", quoted(text), "three extents: samples,positions,channels",
             joined(with_ones(extents)));
      return {1, 1, all};
    }
    const Shape read(extents);
    if (count && read.numel() != all)
      refuse("--shape", quoted(text) + ", " + std::to_string(read.numel()) + " elements",
             "a shape for the " + count_of(*count) + " given", joined(fitting(extents, all)));
    return read;
  }

  void refuse(std::string place, std::string found, std::string expected,
              std::string nearest = "") {
    faults_.push_back(
        {std::move(place), std::move(found), std::move(expected), std::move(nearest)});
  }

  void end() {
    if (!faults_.empty()) throw ConfigError("the command line", std::move(faults_));
  }

  static std::string quoted(const std::string& word) { return Json(word).dump(); }

 private:
  // (C) and (N,C) as they would be with the extents that were left out.
  static std::vector<int64_t> with_ones(std::vector<int64_t> extents) {
    if (extents.empty() || extents.size() > 3) return {};
    while (extents.size() < 3) extents.insert(extents.end() - 1, 1);
    return extents;
  }

  // The shape with another number of samples, or else of channels, that has so many elements.
  static std::vector<int64_t> fitting(const std::vector<int64_t>& extents, int64_t count) {
    if (const int64_t sample = extents[1] * extents[2]; count > 0 && count % sample == 0)
      return {count / sample, extents[1], extents[2]};
    if (const int64_t rows = extents[0] * extents[1]; count > 0 && count % rows == 0)
      return {extents[0], extents[1], count / rows};
    return {};
  }

  std::vector<Fault> faults_;
};

}  // namespace

Typed read_typed(const TypedText& text) {
  Reading reading;
  Typed typed;
  typed.training = text.training;
  typed.steps_before = text.steps_before;
  const bool made_up = text.numbers == "some";
  if (made_up) {
    typed.shape = reading.shape(text.shape, std::nullopt);
    typed.x = some_numbers(static_cast<size_t>(typed.shape.numel()), 0.5);
  } else {
    typed.x = reading.numbers("--numbers", text.numbers);
  }
  typed.dy = text.gradient == "some" ? some_numbers(typed.x.size(), 1.5)
                                     : reading.numbers("--gradient", text.gradient);
  const size_t count = typed.x.size();
  if (count == 0) reading.refuse("--numbers", Reading::quoted(text.numbers), "numbers");
  if (count > kMostNumbers)
    reading.refuse("--numbers", count_of(count), "at most " + std::to_string(kMostNumbers));
  if (!text.gradient.empty() && typed.dy.size() != count)
    reading.refuse("--gradient", count_of(typed.dy.size()),
                   "as many as --numbers has, " + std::to_string(count));
  if (text.training && text.steps_before > 0)
    reading.refuse("--steps-before", std::to_string(text.steps_before),
                   "0, or --mode eval, which they come before");
  if (!made_up) typed.shape = reading.shape(text.shape, count);
  reading.end();
  return typed;
}

std::string place_name(size_t element, const Shape& shape) {
  const auto i = static_cast<int64_t>(element), channels = shape[2];
  const std::string channel = std::to_string(i % channels);
  if (shape[0] * shape[1] == 1) return "[" + channel + "]";
  return "[" + std::to_string(i / channels / shape[1]) + "," +
         std::to_string(i / channels % shape[1]) + "," + channel + "]";
}

}  // namespace norma::numbers
