#include "apps/pages/study_page.h"

#include <nlohmann/json.hpp>

#include "apps/pages/page.h"
#include "apps/pages/study_sections.h"
#include "tests/apps/sample_report.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

int occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What a reader sees: the page without the data and scripts at its end.
std::string shown(const std::string& page) {
  return page.substr(0, page.find("<script type=\"application/json\""));
}

bool has_section(const std::string& page, const std::string& id) {
  return page.find("<h2 id=\"" + id + "\">") != std::string::npos;
}

const std::vector<std::string> kSections{
    "claim", "overlays", "ranking",  "comparisons", "fairness", "curves",       "tuning",
    "time",  "cost",     "heat-map", "robustness",  "measures", "reproduction", "trials"};

// The report with every text in it replaced.
Json with_texts(const Json& value, const std::string& text) {
  if (value.is_string()) return text;
  Json changed = value;
  if (value.is_structured())
    for (Json& each : changed) each = with_texts(each, text);
  return changed;
}

}  // namespace

TEST_CASE("a study's page: everything the report has, the verdict first", "[apps]") {
  const Json report = sample_report();
  const std::string page = shown(study_page(report));
  for (const std::string& id : kSections) {
    INFO(id);
    CHECK(has_section(page, id));
    CHECK_THAT(page, ContainsSubstring("<a href=\"#" + id + "\">"));
  }
  CHECK(page.find("batch_norm_2 diverged in 2 of 5 seeds") < page.find("id=\"ranking\""));
  CHECK(page.find("At this tuning budget") < page.find("id=\"ranking\""));
  // Best first, whatever the order of the report.
  CHECK(page.find("<th scope=\"row\">group_norm") < page.find("<th scope=\"row\">batch_norm_4"));
  CHECK_THAT(page, ContainsSubstring(
                       "Not distinguishable: batch_norm_32 and batch_norm_16 (ranks 1–2).") &&
                       ContainsSubstring("2 of 5 (5–85 %)") && !ContainsSubstring("{{"));
  for (const Json& arm : report["arms"])
    CHECK_THAT(page, ContainsSubstring("<data value=\"" + format_number(arm["mean"].get<double>()) +
                                       "\">"));
}

TEST_CASE("a study's page says the budget and a claim's sentences once", "[apps]") {
  Json report = sample_report();
  const std::string sentence = report["claim"]["outcomes"][0]["sentence"];
  CHECK(occurrences(shown(study_page(report)), sentence) == 1);
  report["verdict"] = {sentence, "All holds at this: " + report["budget"].get<std::string>()};
  const std::string page = shown(study_page(report));
  CHECK(occurrences(page, sentence) == 1);
  CHECK(occurrences(page, report["budget"].get<std::string>()) == 1);
  CHECK(occurrences(page, report["claim"]["published"].get<std::string>()) == 2);
  report["confidence"] = 0.9;
  CHECK_THAT(shown(study_page(report)), ContainsSubstring(">90 % interval<"));
}

TEST_CASE("a study's page: sections without data are left out", "[apps]") {
  const std::string bare = shown(study_page(Json::object()));
  for (const std::string& id : kSections) CHECK_FALSE(has_section(bare, id));
  CHECK_THAT(bare, !ContainsSubstring("id=\"verdict\"") && !ContainsSubstring("<figure"));

  Json some{{"title", "t"}, {"arms", {{{"name", "a"}, {"scores", {1.5}}, {"seeds", {1}}}}}};
  const std::string page = shown(study_page(some));
  CHECK(has_section(page, "ranking"));
  for (const std::string& id : kSections)
    if (id != "ranking") CHECK_FALSE(has_section(page, id));
  CHECK_THAT(page,
             ContainsSubstring("<data value=\"1.5\">") && !ContainsSubstring("95 % interval</th>"));

  // Runs that were only initialized: curves without a point, arms without a grid.
  Json initialized = sample_report();
  for (Json& curve : initialized["curves"]) curve["validation"] = curve["training"] = Json::array();
  initialized["tuning"] = Json::array();
  for (Json& arm : initialized["arms"]) {
    arm["tuned"] = Json::object();
    arm["tuning"] = "nothing was tuned";
  }
  const std::string without_training = shown(study_page(initialized));
  CHECK_FALSE(has_section(without_training, "curves"));
  CHECK_THAT(without_training,
             ContainsSubstring("Nothing was tuned") && !ContainsSubstring("tuning seeds"));

  // Any part of a report may be missing or null.
  const Json whole = sample_report();
  for (const auto& [key, value] : whole.items()) {
    INFO(key);
    Json without = whole;
    without.erase(key);
    const std::string page_without = study_page(without);
    without[key] = nullptr;
    CHECK(study_page(without).size() >= page_without.size());
  }
  for (const auto& [key, value] : whole["arms"][4].items()) {
    INFO(key);
    Json without = whole;
    for (Json& arm : without["arms"]) arm[key] = nullptr;
    CHECK_NOTHROW(study_page(without));
    for (Json& arm : without["arms"]) arm.erase(key);
    CHECK_NOTHROW(study_page(without));
  }
}

TEST_CASE("a study's page: no text of a report becomes markup", "[apps]") {
  const std::string hostile = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
  for (const bool keys : {false, true}) {
    Json report = with_texts(sample_report(), hostile);
    if (keys)
      for (Json& arm : report["arms"]) {
        arm["settings"] = {{hostile, 1}};
        arm["config"] = {{hostile, {{hostile, hostile}}}};
        arm["evaluations"] = {{hostile, {{"mean", 1}}}};
      }
    const std::string page = study_page(report);
    CHECK(occurrences(page, "<script") == occurrences(study_page(sample_report()), "<script"));
    CHECK_THAT(page, !ContainsSubstring("<script>alert") && !ContainsSubstring("<img"));
    CHECK_THAT(shown(page), ContainsSubstring("&lt;/script&gt;&lt;script&gt;alert(1)"));
  }
}

TEST_CASE("a study's page names no folder and fetches nothing", "[apps]") {
  Json report = sample_report();
  report["command"] = "./norma compare /home/someone/studies/a.json --out ~/secret/out";
  report["arms"][0]["config"]["data"] = {{"source", "/home/someone/texts/book.txt"}};
  report["notes"] = {"file:/srv/someone/x.json was read", "see https://example.org/a/b",
                     "val/loss, 1 / 2"};
  const std::string page = study_page(report);
  CHECK_THAT(page, !ContainsSubstring("someone") && !ContainsSubstring("secret") &&
                       ContainsSubstring("compare …/a.json") && ContainsSubstring("…/book.txt") &&
                       ContainsSubstring("https://example.org/a/b") &&
                       ContainsSubstring("val/loss, 1 / 2"));
  CHECK_THAT(page, ContainsSubstring("default-src 'none'") &&
                       !ContainsSubstring("script-src 'unsafe-inline'"));
  for (const char* attribute : {" src=", "href=\"http", "url(", "@import"})
    CHECK_THAT(shown(page), !ContainsSubstring(attribute));
}

TEST_CASE("absolute paths lose their folders, other slashes stay", "[apps]") {
  const auto cut = [](const char* text) { return pages::without_folders(std::string(text)); };
  CHECK(cut("/home/a/b.json") == "…/b.json");
  CHECK(cut("read ~/a/b c/d, '/x/y z/w' (/u/v)") == "read …/b c/d, '…/y z/w' (…/v)");
  CHECK(cut("--out=/srv/a/ file:///srv/a/b") == "--out=…/ file://…/b");
  for (const char* same :
       {"", "/", "a/b/c", "1 / 2", "train/loss", "https://a.org/b/c", "/name", "µs/step", "//x/y"})
    CHECK(cut(same) == same);
  CHECK(cut(("/" + std::string(300000, 'a')).c_str()).size() == 300001);
}

TEST_CASE("a study's page says what its intervals are, and of how many seeds a mean is", "[apps]") {
  Json report = sample_report();
  report["confidence"] = 0.9;
  Json& evaluation = report["arms"][4]["evaluations"]["blur 1/error"];
  evaluation["scores"] = {0.1, 0.2, 0.3};
  evaluation["runs"] = 5;
  report["arms"][0]["evaluations"]["blur 1/error"]["runs"] = 5;  // all five took part
  report["measures"][1].update({{"low", 0.2}, {"high", 0.7}});
  const std::string page = shown(study_page(report));
  CHECK_THAT(page, ContainsSubstring("<small>3 of 5 seeds</small>") &&
                       !ContainsSubstring("5 of 5 seeds") &&
                       ContainsSubstring("95 % interval (bootstrap)") &&
                       ContainsSubstring("middle half of the turns") &&
                       ContainsSubstring("power gained, ×") && !ContainsSubstring("runs saved"));
}

TEST_CASE("a study's page lists no content that does not occur twice", "[apps]") {
  Json report = sample_report();
  report["differences"] = Json::array();
  report["data_card"]["duplicates"] = {{{"what", "test in train"}, {"found", 0}, {"checked", 9}}};
  CHECK_FALSE(has_section(shown(study_page(report)), "fairness"));
  report["data_card"]["duplicates"][0]["found"] = 2;
  CHECK_THAT(shown(study_page(report)), ContainsSubstring("Content that occurs twice"));
}

TEST_CASE("a study's page: predictions are said with how far off they are", "[apps]") {
  const Json report = sample_report();
  const std::string page = shown(study_page(report));
  CHECK_THAT(page, ContainsSubstring("Predicted: between l and 2l behind block l. Deviation: 10 % "
                                     "beyond the prediction where it is worst.") &&
                       ContainsSubstring("The theory does not apply, because &lt;nothing&gt; is") &&
                       ContainsSubstring("<data value=\"6.6\">"));
  Json without = report;
  without["claim"]["outcomes"][0].erase("overlays");
  CHECK_FALSE(has_section(shown(study_page(without)), "overlays"));
}

TEST_CASE("beside a claim's published curve stand the arms with its numbers", "[apps]") {
  const Json report = sample_report();
  const Json curve = pages::measured_curve(report);
  CHECK(curve["x"] == Json{2, 4, 8, 16, 32});
  CHECK(curve["y"][4] == report["arms"][0]["mean"]);
  CHECK(curve["diverged"] == Json{true, false, false, false, false});
  REQUIRE(curve["references"].size() == 1);
  CHECK(curve["references"][0]["name"] == "group_norm");

  Json own = report;
  own["claim"]["measured_curve"] = {{"x", {1, 2}}, {"y", {3, 4}}};
  CHECK(pages::measured_curve(own)["y"] == Json{3, 4});
  Json none = report;
  none["claim"]["published_curve"]["x"] = {100, 200};
  CHECK(pages::measured_curve(none).is_null());
  CHECK(pages::measured_curve(Json::object()).is_null());
}

}  // namespace norma
