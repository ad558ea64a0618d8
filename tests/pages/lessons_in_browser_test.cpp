// The page of all lessons in a browser: formulas are set, one lesson is shown at a time, and the
// playground is inside.
#include <filesystem>
#include <fstream>

#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/pages/browser.h"
#include "tests/temporary_folder.h"

namespace norma {

TEST_CASE("the page of lessons sets its formulas and shows one lesson at a time", "[lessons]") {
  const TemporaryFolder folder;
  const std::string file = (folder / "lessons.html").string();
  REQUIRE(run_program_as_user({"lessons", "--out", file}).code == 0);
  const std::string written = read_bytes(file);
  CHECK(written.find("src=\"http") == std::string::npos);

  const LoadedPage page = load_in_browser(written, false, true);
  INFO((page.messages.empty() ? "" : page.messages[0]));
  CHECK(page.messages.empty());
  const int formulas = occurrences_of(page.html, "<x-equation");
  CHECK(formulas > 100);
  CHECK(occurrences_of(page.html, "<span class=\"katex\">") == formulas);
  CHECK(occurrences_of(page.html, "katex-error") == 0);
  CHECK(occurrences_of(page.html, "<article id=\"lesson-") == 15);
  CHECK(occurrences_of(page.html, "<article id=\"answers-") == 15);
  // All but the first are hidden.
  CHECK(occurrences_of(page.html, "hidden=\"\"><h2>") +
            occurrences_of(page.html, "hidden=\"\">\n<h2>") ==
        30);
  CHECK(element(page.html, "<p id=\"failure\"", ">").find("hidden") != std::string::npos);
}

}  // namespace norma
