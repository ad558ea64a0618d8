// What every lesson must have, and that its parts find each other. What its commands show is tested
// in lesson_*_test.cpp.
#include <filesystem>
#include <regex>
#include <set>

#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {
namespace {

namespace fs = std::filesystem;

fs::path lessons_folder() { return source_dir() / "docs/lessons"; }

std::vector<fs::path> lesson_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// The items of the numbered list below the heading "## Exercises", or of a whole page of answers.
int numbered_items(const std::string& text) {
  const std::regex item("(^|\n)[0-9]+\\. ");
  return static_cast<int>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), item), std::sregex_iterator()));
}

std::string section(const std::string& text, const std::string& title) {
  const size_t from = text.find("\n## " + title + "\n");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find("\n## ", from + 4) - from);
}

}  // namespace

TEST_CASE("every lesson has its parts, its pictures and its answers", "[lessons]") {
  const std::vector<fs::path> files = lesson_files(lessons_folder());
  REQUIRE(files.size() == 15);
  std::set<std::string> shown;
  for (const fs::path& file : files) {
    INFO(file.filename().string());
    const std::string text = read_bytes(file);
    for (const char* part :
         {"Predict", "Do", "See", "Why", "A common misconception", "Exercises", "For the teacher"})
      CHECK(!section(text, part).empty());
    CHECK(std::regex_search(text, std::regex("\\n\\*[0-9]+ minutes\\. Before it: ")));

    const fs::path answers = lessons_folder() / "answers" / file.filename();
    REQUIRE(fs::exists(answers));
    CHECK(numbered_items(section(text, "Exercises")) >= 3);
    CHECK(numbered_items(read_bytes(answers)) == numbered_items(section(text, "Exercises")));

    const std::regex picture(
        "<!-- picture: runs/[^\n]* -->\n!\\[[^\n]{20,}\\]\\((pictures/[^)]*)\\)");
    int pictures = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), picture), end; at != end; ++at) {
      ++pictures;
      shown.insert((*at)[1]);
      CHECK(fs::exists(lessons_folder() / (*at)[1].str()));
    }
    CHECK(pictures >= 1);
    const std::regex any("!\\[");
    CHECK(pictures == std::distance(std::sregex_iterator(text.begin(), text.end(), any),
                                    std::sregex_iterator()));
  }
  for (const auto& entry : fs::directory_iterator(lessons_folder() / "pictures"))
    CHECK(shown.contains("pictures/" + entry.path().filename().string()));
}

TEST_CASE("lessons are listed, and an unknown one is refused", "[lessons]") {
  const Ended listed = run_program_as_user({"lessons", "--list"});
  CHECK(listed.code == 0);
  CHECK(listed.out.find(" 1  Eight numbers\n") != std::string::npos);
  const Ended refused = run_program_as_user({"lessons", "--commands", "16"});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("found lesson 16, expected one of 1, 2") != std::string::npos);
}

}  // namespace norma
