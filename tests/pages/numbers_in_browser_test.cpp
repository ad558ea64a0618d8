// The page of `layer --numbers` in a browser.
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/pages/browser.h"

namespace norma {
namespace {

const double kTyped[] = {3, 1, 4, 1, 5, 9, 2, 6};

// What `layer --numbers` says of two norms and one without a statistic.
std::string numbers_page(const std::vector<std::string>& more) {
  const TemporaryFolder folder;
  const std::string file = (folder / "numbers.html").string();
  std::vector<std::string> words{"layer",  "layer_norm", "batch_norm", "dyt",
                                 "--html", file,         "--quiet"};
  words.insert(words.end(), more.begin(), more.end());
  const Ended ended = run_program_as_user(words);
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  REQUIRE(ended.out.empty());
  return read_bytes(file);
}

// The figure of a chart for one of the norms.
std::string figure(const std::string& html, const std::string& chart, int norm) {
  for (size_t at = html.find("data-chart=\"" + chart); at != std::string::npos;
       at = html.find("data-chart=\"" + chart, at + 1)) {
    const std::string found = html.substr(at, html.find("</figure>", at) - at);
    if (found.find("data-of=\"" + std::to_string(norm) + "\"") != std::string::npos) return found;
  }
  return "";
}

}  // namespace

TEST_CASE("in a browser every picture of typed numbers draws", "[apps]") {
  const std::string html = numbers_page(
      {"--numbers", "3 1 4 1 5 9 2 6", "--shape", "2,2,2", "--gradient", "1 .5 -.5 0 .3 1 0 -.2"});
  for (const bool dark : {false, true}) {
    const LoadedPage page = load_in_browser(html, dark);
    INFO((page.messages.empty() ? "" : page.messages[0]));
    CHECK(page.messages.empty());
    for (int norm = 0; norm < 3; ++norm) {
      const bool has_statistic = norm < 2;
      const std::string bars = figure(page.html, "numbers_bars", norm);
      // Each element's bars stand together, before and after.
      const std::vector<double> heights = numbers_of(bars, "data-value");
      REQUIRE(heights.size() == 16);
      for (size_t i = 0; i < 8; ++i) CHECK(heights[2 * i] == kTyped[i]);
      CHECK(occurrences_of(bars, "class=\"band\"") == (has_statistic ? 8 : 0));
      CHECK(occurrences_of(figure(page.html, "numbers_cube", norm), "cube-face") == 3 * 8);
      const std::vector<double> lengths =
          numbers_of(figure(page.html, "numbers_arrows", norm), "data-length");
      CHECK(lengths.size() == (has_statistic ? 4 : 0));
      for (const double length : lengths) CHECK(length >= 0);
      const std::string parts = figure(page.html, "numbers_parts", norm);
      CHECK(occurrences_of(parts, "number-bar") == (has_statistic ? 5 : 2) * 8);
    }
    // Elements 0, 2, 4, 6 are the first channel's.
    const std::string shared = figure(page.html, "numbers_cube", 1);
    CHECK(occurrences_of(shared, "class=\"series\" data-group=\"0\"") == 4);
    CHECK(occurrences_of(page.html, "undefined") == 0);
    CHECK(occurrences_of(page.html, "NaN") == 0);
  }
}

TEST_CASE("typed numbers without a gradient have a page without a backward", "[apps]") {
  const LoadedPage page =
      load_in_browser(numbers_page({"--numbers", "3 1 4 1", "--shape", "2,1,2"}));
  CHECK(page.messages.empty());
  CHECK(figure(page.html, "numbers_arrows", 0).empty());
  CHECK(figure(page.html, "numbers_parts", 0).empty());
  CHECK(numbers_of(figure(page.html, "numbers_bars", 0), "data-value").size() == 8);
}

}  // namespace norma
