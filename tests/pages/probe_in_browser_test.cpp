// The page of probes: its numbers, and in a browser its charts.
#include <nlohmann/json.hpp>

#include "apps/pages/probe_page.h"
#include "tests/catch.h"
#include "tests/pages/browser.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json seen_module(const std::string& path, double size) {
  Json counts = Json::array();
  for (int bin = 0; bin < 103; ++bin) counts.push_back(bin > 80 && bin < 90 ? bin : 0);
  return {{"path", path},
          {"op", "linear"},
          {"output", 0},
          {"shape", {2, 3}},
          {"forward", {{"variance", size}, {"rms", size}, {"histogram", counts}}},
          {"backward", {{"rms", size / 10}}}};
}

Json probed_run(const std::string& name, std::vector<int> steps) {
  Json records = Json::array();
  for (const int step : steps)
    records.push_back(
        {{"step", step},
         {"first_nonfinite", nullptr},
         {"modules", {seen_module("blocks.0.ffn", 1.5 + step), seen_module("blocks.1.ffn", 4)}},
         {"parameters", {{{"name", "blocks.0.ffn.weight"}, {"grad_norm", 0.125}}}},
         {"model", {{"stream_variance", {1.0, 2.0 + step}}}}});
  return {{"name", name}, {"probe", records}};
}

const Json kTwo{{"norma", "sample"}, {"runs", {probed_run("one", {0, 5}), probed_run("two", {0})}}};

}  // namespace

TEST_CASE("probe page: tables hold the last numbers, and names do not become markup", "[apps]") {
  Json data = kTwo;
  data["runs"][1]["name"] = "<b>two</b>";
  data["runs"][1]["probe"][0]["first_nonfinite"] = {
      {"pass", "forward"}, {"path", "blocks.1"}, {"op", "softmax"}, {"output", 0}};
  const std::string page = probe_page(data);
  CHECK_THAT(page, ContainsSubstring("<data value=\"6.5\">") &&
                       ContainsSubstring("<data value=\"0.125\">") &&
                       ContainsSubstring("in the forward of blocks.1 softmax") &&
                       ContainsSubstring("&lt;b&gt;two") && !ContainsSubstring("<b>two"));
}

TEST_CASE("probe page: what is drawn follows gauges and steps", "[apps]") {
  const Json drawn = pages::probe_drawn(kTwo["runs"]);
  const Json& one = drawn["runs"][0];
  CHECK(one["steps"] == Json{0, 5});
  CHECK(one["modules"] == Json{"blocks.0.ffn linear", "blocks.1.ffn linear"});
  CHECK(one["forward"]["variance"] == Json{{1.5, 4.0}, {6.5, 4.0}});
  CHECK_FALSE(one["forward"].contains("histogram"));
  CHECK(one["blocks"]["stream_variance"] == Json{{1.0, 2.0}, {1.0, 7.0}});
  CHECK(one["histograms"]["blocks.1.ffn linear"]["forward"].size() == 2);
  // A value that is not finite is a text in the record and nothing in the chart.
  Json run = kTwo["runs"][0];
  run["probe"][1]["modules"][0]["forward"]["variance"] = "NaN";
  CHECK(pages::probe_drawn(Json::array({run}))["runs"][0]["forward"]["variance"][1] ==
        Json{nullptr, 4.0});
}

TEST_CASE("in a browser every chart of probes draws", "[apps]") {
  for (const bool dark : {false, true}) {
    const LoadedPage page = load_in_browser(probe_page(kTwo), dark);
    INFO((page.messages.empty() ? "" : page.messages[0]));
    CHECK(page.messages.empty());
    const auto chart = [&](const std::string& name) {
      return element(page.html, "<figure data-chart=\"" + name + "\"", "</figure>");
    };
    // The slider stands at step 5, at which one run alone was probed.
    CHECK(occurrences_of(chart("probe_depth"), "class=\"mark") == 2);
    CHECK(occurrences_of(chart("probe_blocks"), "class=\"mark") == 2);
    CHECK(occurrences_of(chart("probe_field"), "class=\"mark cell") == 4);
    CHECK(occurrences_of(chart("probe_histograms"), "class=\"line") == 2);
    CHECK(occurrences_of(page.html, "type=\"range\"") == 4);
  }
}

}  // namespace norma
