#include "apps/lessons/lesson.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "core/error.h"

namespace norma::lessons {
namespace {

// The first line, and the text behind it.
std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

Lesson read_lesson(const EmbeddedFile& file) {
  std::string_view rest = file.text;
  const std::string_view heading = next_line(rest);
  Lesson lesson{.number = 0, .title = "", .text = file.text, .answers = ""};
  const size_t dot = heading.find(". ");
  if (!heading.starts_with("# ") || dot == std::string_view::npos ||
      std::from_chars(heading.data() + 2, heading.data() + dot, lesson.number).ptr !=
          heading.data() + dot)
    throw std::logic_error(std::string(file.name) + " begins without \"# NUMBER. TITLE\"");
  lesson.title = heading.substr(dot + 2);
  for (const EmbeddedFile& answers : embedded::kAnswers)
    if (std::string_view(answers.name) == file.name) lesson.answers = answers.text;
  return lesson;
}

}  // namespace

std::vector<Lesson> all_lessons() {
  std::vector<Lesson> lessons;
  for (const EmbeddedFile& file : embedded::kLessons) lessons.push_back(read_lesson(file));
  return lessons;
}

Lesson lesson(int number) {
  std::string known;
  for (const Lesson& each : all_lessons()) {
    if (each.number == number) return each;
    known += (known.empty() ? "" : ", ") + std::to_string(each.number);
  }
  throw Error("found lesson " + std::to_string(number) + ", expected one of " + known);
}

std::vector<std::string> commands_of(std::string_view lesson) {
  std::vector<std::string> commands;
  bool inside = false, continued = false;
  while (!lesson.empty()) {
    std::string_view line = next_line(lesson);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.starts_with("```")) {
      inside = line == "```sh";
      continue;
    }
    if (!inside || line.empty()) continue;
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    if (!continued) commands.emplace_back();
    commands.back() += line;
    continued = goes_on;
  }
  return commands;
}

}  // namespace norma::lessons
