// The program `report` on run folders, and the page it makes of them.
#include <nlohmann/json.hpp>

#include "apps/pages/run_page.h"
#include "tests/apps/child_program.h"
#include "tests/apps/training_runs.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

void write_run(const fs::path& folder, const std::string& metrics,
               const std::string& rate = "0.1") {
  fs::create_directories(folder);
  write_bytes(folder / "config.json",
              "{\"optim\": {\"type\": \"sgd\", \"lr\": " + rate + "}, \"train\": {\"steps\": 3}}");
  write_bytes(folder / "metrics.jsonl", metrics);
}

const std::string kMetrics =
    "{\"step\":1,\"train/loss\":2.5,\"lr\":0.1}\n"
    "{\"step\":2,\"train/loss\":2.25,\"lr\":0.1}\n"
    "{\"step\":2,\"val/loss\":2.125}\n";

std::string before_data(const std::string& page) {
  return page.substr(0, page.find("<script type=\"application/json\""));
}

}  // namespace

TEST_CASE("report: trained runs side by side on one page", "[apps]") {
  TemporaryFolder folder;
  const std::string one = (folder / "one").string(), two = (folder / "two").string();
  REQUIRE(run_program_as_user(with(kSpirals, {"train.steps=40", "--out", one})).code == 0);
  REQUIRE(run_program_as_user(with(kSpirals, {"train.steps=30", "optim.lr=0.004", "--out", two}))
              .code == 0);
  const Ended done = run_program_as_user({"report", one, two});
  CHECK(done.err.empty());
  REQUIRE(done.code == 0);
  CHECK_THAT(done.out, ContainsSubstring("one/report.html"));
  const std::string page = read_bytes(fs::path(one) / "report.html"), text = before_data(page);
  CHECK_THAT(page, !ContainsSubstring(folder.path().string()) && !ContainsSubstring("{{"));
  CHECK_THAT(text, ContainsSubstring("<th scope=\"row\">optim.lr</th>") &&
                       !ContainsSubstring("<th scope=\"row\">optim.type</th>") &&
                       ContainsSubstring("<th scope=\"row\">val/loss, lowest</th>") &&
                       ContainsSubstring("Data card of two") &&
                       ContainsSubstring("./norma train one/config.json"));
  for (const char* run : {"one", "two"}) {
    double last = 0;
    for (const Json& line : metrics_of(folder / run)) last = line.value("train/loss", last);
    CHECK_THAT(text, ContainsSubstring("<data value=\"" + format_number(last) + "\">"));
  }
  // Elsewhere, and without a word where that is asked for.
  const std::string other = (folder / "other.html").string();
  const Ended quiet = run_program_as_user({"report", two, "--out", other, "--quiet"});
  CHECK(quiet.code == 0);
  CHECK(quiet.out.empty());
  CHECK_THAT(read_bytes(other), !ContainsSubstring("What the configs differ in"));
}

TEST_CASE("report: numbers that are not finite and a run that is still going", "[apps]") {
  TemporaryFolder folder;
  write_run(folder / "going",
            kMetrics + "{\"step\":3,\"train/loss\":\"NaN\"}\n{\"step\":4,\"train/l");
  const std::string out = (folder / "page.html").string();
  REQUIRE(run_program_as_user({"report", (folder / "going").string(), "--out", out}).code == 0);
  const std::string text = before_data(read_bytes(out));
  CHECK_THAT(text, ContainsSubstring("not finite") && ContainsSubstring("<data value=\"2.125\">"));
}

TEST_CASE("report: everything wrong is said at once, and nothing is written", "[apps]") {
  TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder / name).string(); };
  write_run(folder / "good", kMetrics);
  write_run(folder / "empty", "");
  write_run(folder / "damaged",
            "{\"step\":1,\"train/loss\":1}\n{\"step\":\n{\"step\":3,\"train/loss\":1}\n");
  fs::create_directories(folder / "none");
  write_bytes(folder / "file", "x");
  const Ended ended = run_program_as_user({"report", path("good"), path("gone"), path("none"),
                                           path("file"), path("empty"), path("damaged")});
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK_THAT(ended.err, ContainsSubstring("gone: there is no such folder") &&
                            ContainsSubstring("none is not a run folder: it has no config.json") &&
                            ContainsSubstring("file is a file, not a run folder") &&
                            ContainsSubstring("empty/metrics.jsonl is empty") &&
                            ContainsSubstring("damaged/metrics.jsonl:2 is no JSON object"));
  CHECK_FALSE(fs::exists(folder / "good" / "report.html"));
  CHECK(run_program_as_user({"report"}).code == 2);
  const Ended help = run_program_as_user({"report", "--help"});
  CHECK(help.code == 0);
  CHECK_THAT(help.out, ContainsSubstring("report runs/ln runs/rms --out"));
}

TEST_CASE("report: names and texts of runs become no markup", "[apps]") {
  TemporaryFolder folder;
  const std::string name = "<script>alert(1)<b>";
  write_run(folder / name, kMetrics);
  write_run(folder / "again" / name, kMetrics, "\"</script><script>alert(2)\"");
  const std::string out = (folder / "page.html").string();
  REQUIRE(run_program_as_user({"report", (folder / name).string(),
                               (folder / "again" / name).string() + "/", "--out", out})
              .code == 0);
  const std::string page = read_bytes(out);
  CHECK_THAT(page, !ContainsSubstring("<script>alert") && !ContainsSubstring("alert(1)<b>") &&
                       ContainsSubstring("alert(1)&lt;b&gt; (2)"));
}

TEST_CASE("report: a page of no run, and of lines without a figure", "[apps]") {
  CHECK_THAT(run_page(Json::object()), ContainsSubstring("</html>"));
  CHECK_THAT(
      run_page(
          {{"runs",
            {{{"name", "a"}, {"config", nullptr}, {"metrics", {{{"step", 1}}, {{"x", 2}}, 3}}}}}}),
      ContainsSubstring("<h1>a</h1>"));
}

}  // namespace norma
