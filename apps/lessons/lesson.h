#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/common/embedded_file.h"

namespace norma::lessons {

// A lesson as docs/lessons/ has it: docs/lessons/NN-slug.md, its answers apart under answers/.
struct Lesson {
  int number;
  std::string title;         // "Without norms"
  std::string_view text;     // Markdown
  std::string_view answers;  // Markdown; empty where there are none
};

// All of them, in order. Throws std::logic_error where a file does not begin with "# NUMBER.
// TITLE".
std::vector<Lesson> all_lessons();

// Throws Error naming the ones there are.
Lesson lesson(int number);

// The commands of a lesson's ```sh blocks, those within exercises too: a line each, continued lines
// joined.
std::vector<std::string> commands_of(std::string_view lesson);

}  // namespace norma::lessons

namespace norma::embedded {

// docs/lessons/*.md, docs/lessons/answers/*.md and docs/lessons/pictures/*.svg.
extern const EmbeddedFiles kLessons, kAnswers, kPictures;

}  // namespace norma::embedded
