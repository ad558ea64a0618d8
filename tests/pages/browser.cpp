#include "tests/pages/browser.h"

#include <sstream>

#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {

LoadedPage load_in_browser(const std::string& page, bool dark, bool patient) {
  const TemporaryFolder folder;
  write_bytes(folder / "page.html", page);
  std::vector<std::string> words{chromium().string(),
                                 "--headless",
                                 "--no-sandbox",
                                 "--disable-gpu",
                                 "--disable-background-networking",
                                 "--disable-component-update",
                                 "--no-first-run",
                                 "--host-resolver-rules=MAP * ~NOTFOUND",
                                 "--enable-logging=stderr",
                                 "--window-size=1000,800",
                                 "--user-data-dir=" + (folder / "profile").string()};
  if (patient) words.push_back("--virtual-time-budget=2000");
  if (dark) words.push_back("--blink-settings=preferredColorScheme=0");
  words.insert(words.end(), {"--dump-dom", "file://" + (folder / "page.html").string()});
  const Ended ended = run_program_as_user(words);
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  REQUIRE(ended.out.find("</html>") != std::string::npos);
  // Without the scripts and data at the end, which are texts about the page, not the page.
  const size_t end = ended.out.find("<script type=\"application/json\"");
  LoadedPage loaded{ended.out.substr(0, end), {}};
  std::istringstream lines(ended.err);
  for (std::string line; std::getline(lines, line);)
    if (line.find("CONSOLE") != std::string::npos) loaded.messages.push_back(line);
  return loaded;
}

std::string element(const std::string& html, const std::string& start, const std::string& end) {
  const size_t from = html.find(start);
  if (from == std::string::npos) return "";
  const size_t to = html.find(end, from);
  return to == std::string::npos ? "" : html.substr(from, to + end.size() - from);
}

int occurrences_of(const std::string& html, const std::string& part) {
  int count = 0;
  for (size_t at = html.find(part); at != std::string::npos; at = html.find(part, at + part.size()))
    ++count;
  return count;
}

std::vector<double> numbers_of(const std::string& html, const std::string& attribute) {
  std::vector<double> numbers;
  const std::string start = attribute + "=\"";
  for (size_t at = html.find(start); at != std::string::npos; at = html.find(start, at + 1))
    numbers.push_back(std::stod(html.substr(at + start.size())));
  return numbers;
}

}  // namespace norma
