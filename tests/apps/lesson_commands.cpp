#include "tests/apps/lesson_commands.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/io/json_lines.h"
#include "tests/catch.h"

namespace norma {
namespace {

// The words of a command as a shell cuts it that knows quotes alone.
std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool inside = false;
  const auto end_word = [&] {
    if (inside) words.push_back(std::exchange(word, ""));
    inside = false;
  };
  for (const char c : command) {
    if (quote) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == ' ') {
      end_word();
    } else {
      inside = true;
      if (c == '\'' || c == '"')
        quote = c;
      else
        word += c;
    }
  }
  end_word();
  return words;
}

}  // namespace

LessonCommands::LessonCommands(int number, const std::map<std::string, std::string>& instead)
    : folder_((number < 10 ? "lesson-0" : "lesson-") + std::to_string(number)) {
  const Ended listed = run_program_as_user({"lessons", "--commands", std::to_string(number)});
  REQUIRE(listed.code == 0);
  for (const auto& [text, other] : instead) {
    INFO(text);
    REQUIRE(listed.out.find(text) != std::string::npos);
  }
  std::istringstream commands(listed.out);
  for (std::string command; std::getline(commands, command);) {
    for (const auto& [text, other] : instead)
      if (const size_t at = command.find(text); at != std::string::npos)
        command.replace(at, text.size(), other);
    std::vector<std::string> words = words_of(command);
    REQUIRE(words.at(0) == "./norma");
    words.erase(words.begin());
    for (std::string& word : words)
      if (word.starts_with("runs/")) word = (runs_ / word.substr(5)).string();
    ended_.push_back(run_program_as_user(words));
  }
  REQUIRE(!ended_.empty());
}

std::vector<size_t> LessonCommands::failed() const {
  std::vector<size_t> failed;
  for (size_t i = 0; i < ended_.size(); ++i) {
    if (ended_[i].code == 0) continue;
    UNSCOPED_INFO(ended_[i].err);
    failed.push_back(i);
  }
  return failed;
}

Json LessonCommands::json(const std::string& path) const {
  return load_json(runs_ / (folder_ + "/" + path));
}

std::vector<Json> LessonCommands::json_lines(const std::string& path) const {
  return io::read_json_lines(runs_ / (folder_ + "/" + path));
}

bool LessonCommands::has(const std::string& path) const {
  return std::filesystem::exists(runs_ / (folder_ + "/" + path));
}

std::map<std::string, double> LessonCommands::means(const std::string& study,
                                                    const std::string& metric) const {
  std::map<std::string, double> sums, counts;
  for (const Json& trial : json_lines(study + "/results.jsonl")) {
    const std::string id = trial.at("trial");
    const size_t end = id.find(" verdict ");
    if (end == std::string::npos) continue;
    sums[id.substr(0, end)] += trial.at(metric).get<double>();
    counts[id.substr(0, end)] += 1;
  }
  for (auto& [arm, sum] : sums) sum /= counts.at(arm);
  return sums;
}

Numbers of_modules(const Json& record, const std::string& op, const char* pass, const char* gauge) {
  Numbers numbers;
  for (const Json& module : record.at("modules"))
    if (module.at("op") == op && module.at(pass).is_object() && module.at(pass).contains(gauge))
      numbers.push_back(module.at(pass).at(gauge).get<double>());
  return numbers;
}

Numbers of_parts(const Json& record, const char* list, const std::string& gauge) {
  Numbers numbers;
  for (const Json& part : record.at(list)) {
    const Json::json_pointer at("/" + gauge);
    if (part.contains(at)) numbers.push_back(part.at(at).get<double>());
  }
  return numbers;
}

double median_of(Numbers numbers) {
  REQUIRE(!numbers.empty());
  const auto middle = numbers.begin() + std::ssize(numbers) / 2;
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

double slope_of(const Numbers& x, const Numbers& y) {
  REQUIRE(x.size() == y.size());
  const double n = static_cast<double>(x.size());
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    sxy += x[i] * y[i];
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

}  // namespace norma
