#include "data/text/text_source.h"

#include <algorithm>
#include <cstdlib>

#include "data/text/synthetic_text.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Makes the shell look for programs in one folder only.
class OnlyPath {
 public:
  explicit OnlyPath(const std::string& folder) : before_(std::getenv("PATH")) {
    setenv("PATH", folder.c_str(), 1);
  }
  ~OnlyPath() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

void write_program(const ScratchFolder& folder, const std::string& name,
                   const std::string& script) {
  std::filesystem::permissions(folder.write(name, "#!/bin/sh\n" + script),
                               std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("a missing package is named, or stood in for when that is allowed",
          "[data][text_source]") {
  const ScratchFolder empty;
  const OnlyPath path(empty.str());
  const std::string message = error_of([] { read_text_source("bible-kjv", false); });
  CHECK_THAT(message, ContainsSubstring("apt-get install bible-kjv"));
  CHECK_THAT(message, ContainsSubstring("data.fallback"));
  const SourceText text = read_text_source("bible-kjv", true);
  CHECK(text.text == synthetic_text());
  REQUIRE(text.notes.size() == 1);
  CHECK_THAT(text.notes[0], ContainsSubstring("bible-kjv is not installed"));
  CHECK_THAT(text.notes[0], ContainsSubstring("synthetic"));
}

TEST_CASE("the King James text is what the program prints, byte for byte", "[data][text_source]") {
  const ScratchFolder folder;
  write_program(folder, "bible", "printf 'Ge1:1 In the\\n\\n  beginning'; echo \" $*\"\n");
  const OnlyPath path(folder.str());
  CHECK(read_text_source("bible-kjv", false).text ==
        "Ge1:1 In the\n\n  beginning -f gen1:1-rev22:21\n");
}

TEST_CASE("a program that fails or prints nothing is no source", "[data][text_source]") {
  const ScratchFolder folder;
  const OnlyPath path(folder.str());
  write_program(folder, "bible", "echo partial; exit 3\n");
  CHECK_THROWS_AS(read_text_source("bible-kjv", true), Failure);
  write_program(folder, "bible", "exit 0\n");
  CHECK_THAT(error_of([] { read_text_source("bible-kjv", true); }), ContainsSubstring("no text"));
}

TEST_CASE("files are read as they are, compressed or not", "[data][text_source]") {
  const ScratchFolder folder;
  const std::string text = "\xEF\xBB\xBFone\r\ntwo\0three";
  CHECK(read_text_source(folder.write("plain.txt", text), false).text == text);
  CHECK(read_text_source(folder.write("packed.txt.gz", gzipped(text)), false).text == text);
  CHECK_THAT(error_of([&] { read_text_source(folder / "absent.txt", true); }),
             ContainsSubstring("absent.txt\" is neither a file nor a known text"));
}

TEST_CASE("the synthetic stories add and subtract correctly", "[data][text_source]") {
  const std::string text = synthetic_text();
  CHECK(text.size() >= 1'000'000);
  CHECK(text == synthetic_text());
  const std::string first = text.substr(0, text.find('\n'));
  CHECK_THAT(first, ContainsSubstring(" has "));
  CHECK_THAT(first, ContainsSubstring(" Now "));
  // "X has N c things. Y brings M more. Now X has N+M c things."
  const std::vector<std::string> numbers{
      "no",       "one",     "two",     "three",     "four",     "five",     "six",
      "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
  const auto number_after = [&](const std::string& line, const std::string& word, size_t from) {
    const size_t start = line.find(word, from) + word.size();
    const std::string name = line.substr(start, line.find(' ', start) - start);
    return std::find(numbers.begin(), numbers.end(), name) - numbers.begin();
  };
  int stories = 0;
  for (size_t start = 0; start < 200'000;) {
    const size_t end = text.find('\n', start);
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    const auto had = number_after(line, " has ", 0);
    const size_t now = line.find("Now ");
    const auto has = number_after(line, " has ", now);
    const size_t brings = line.find(" brings ");
    INFO(line);
    if (brings != std::string::npos) {
      REQUIRE(has == had + number_after(line, " brings ", 0));
    } else {
      const size_t gives = line.find(" gives ") + 7;
      REQUIRE(has == had - number_after(line, " ", gives));
    }
    ++stories;
  }
  CHECK(stories > 1000);
}

}  // namespace norma
