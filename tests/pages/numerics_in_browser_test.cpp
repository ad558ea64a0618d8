// The numerics lab's page in a browser.
#include "core/version.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/pages/browser.h"

namespace norma {

TEST_CASE("in a browser every chart of the numerics lab draws", "[apps]") {
  const TemporaryFolder folder;
  const std::string file = (folder / "lab.html").string();
  REQUIRE(run_program_as_user({"layer", "--numerics", "--html", file, "--quiet"}).out.empty());
  for (const bool dark : {false, true}) {
    const LoadedPage page = load_in_browser(read_bytes(file), dark);
    INFO((page.messages.empty() ? "" : page.messages[0]));
    CHECK(page.messages.empty());
    const auto drawn = [&](const std::string& id) {
      const std::string chart = element(page.html, "data-of=\"" + id + "\"", "</figure>");
      return occurrences_of(chart, "class=\"line");
    };
    CHECK(drawn("variance") == 8 + 1 + 3);  // methods, the input's rounding, predictions
    CHECK(drawn("mean") == 8 + 2);
    CHECK(drawn("output") == 8 + 3);
    CHECK(drawn("length") == 8 + 1);
    CHECK(occurrences_of(page.html, "1,024 numbers</button>") == 3);
    // A sanitizer's name, which the environment on the page tells, has the word, too.
    CHECK(occurrences_of(page.html, "undefined") ==
          occurrences_of(build_description(), "undefined"));
    CHECK(occurrences_of(page.html, "Numbers: 16,384 numbers") == 3);
  }
}

}  // namespace norma
