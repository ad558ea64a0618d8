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

// A record's line of a norm: a length at each stage, shares, and slopes where it is a map.
Json seen_norm(const std::string& path, const std::string& type, bool of_weight) {
  Json parts{{"type", type},       {"of_weight", of_weight}, {"kind", "one projection"},
             {"projection", "…"},  {"incoming", 1.0},        {"through_gamma", 1.5},
             {"direct", 3.0},      {"outgoing", 2.5},        {"gain_least", 1.0},
             {"gain_median", 2.0}, {"gain_most", 4.0},       {"share_u", 0.25},
             {"baseline", 0.125},  {"left_u", 0.001},        {"predicted_left_u", 0.001}};
  if (type == "dyt")
    parts["slopes"] = {
        {"first_quarter", -3}, {"counts", {2, 0, 6}}, {"zeros", 2}, {"not_finite", 0}};
  return {{"path", path}, {"norm_gradient", parts}};
}

Json seen_weight(const std::string& name, int step) {
  return {{"name", name},
          {"kind", "weight"},
          {"param_norm", 2.0 + step},
          {"grad_norm", 0.125},
          {"rotation",
           {{"angle", 0.5},
            {"rate_over_square", 0.1},
            {"rate_over_norm", 0.2},
            {"follows", "rate_over_norm"}}}};
}

Json seen_landscape(int step) {
  return {
      {"mode", "train"},
      {"batches", 1},
      {"step", step},
      {"targets", 64},
      {"loss", 2.0},
      {"walk",
       {{"gradient_norm", 2.0},
        {"eta", {0.1, 0.2}},
        {"loss", {1.75, nullptr}},
        {"apart", {0.5, nullptr}},
        {"smoothness", {2.5, nullptr}},
        {"predictiveness", nullptr},
        {"effective_beta", 2.5}}},
      {"curvature", {{"eigenvalues", {3.0 + step}}, {"residuals", {0.01}}, {"converged", true}}},
      {"line", {{"at", {-1, 0, 1}}, {"loss", {3, 2, 4}}}},
      {"plane", {{"at", {-1, 1}}, {"loss", {{3, 4}, {5, nullptr}}}}}};
}

Json probed_run(const std::string& name, std::vector<int> steps) {
  Json records = Json::array();
  for (const int step : steps)
    records.push_back(
        {{"step", step},
         {"first_nonfinite", nullptr},
         {"modules", {seen_module("blocks.0.ffn", 1.5 + step), seen_module("blocks.1.ffn", 4)}},
         {"parameters",
          {seen_weight("blocks.0.ffn.weight", step), seen_weight("blocks.1.ffn.weight", step)}},
         {"joins",
          {{{"path", "blocks.0.ffn"}, {"branch_share", {{"stream", 2}, {"ratio", 0.5 + step}}}}}},
         {"norms",
          {seen_norm("blocks.0.norm", "rms_norm", false), seen_norm("blocks.1.norm", "dyt", false),
           seen_norm("blocks.0.ffn.weight", "weight_norm", true)}},
         {"model", {{"stream_variance", {1.0, 2.0 + step}}}},
         {"landscape", seen_landscape(step)}});
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

TEST_CASE("probe page: courses follow parameters and parts over steps", "[apps]") {
  const Json drawn = pages::probe_drawn(kTwo["runs"]);
  const Json& courses = drawn["runs"][0]["courses"];
  CHECK(courses["parameters"]["param_norm"]["blocks.1.ffn.weight"] == Json{2.0, 7.0});
  CHECK(courses["parameters"]["rotation angle"]["blocks.0.ffn.weight"] == Json{0.5, 0.5});
  CHECK(courses["parts"]["branch_share ratio"]["blocks.0.ffn"] == Json{0.5, 5.5});
  CHECK(courses["parts"]["norm_gradient gain_median"]["blocks.0.norm"] == Json{2.0, 2.0});
  CHECK(drawn["runs"][0]["follows"] == "rate_over_norm");
  CHECK(drawn["runs"][0]["kinds"]["blocks.0.ffn.weight"] == "weight");
  CHECK(drawn["runs"][1]["courses"].empty());  // one record is no course
  const Json alone{{"runs", {kTwo["runs"][1]}}};
  CHECK_THAT(probe_page(kTwo), ContainsSubstring("data-of=\"parts\""));
  CHECK_THAT(probe_page(alone), !ContainsSubstring("data-chart=\"probe_course\""));
}

TEST_CASE("probe page: says what norms do, weights apart, and how the loss was looked at",
          "[apps]") {
  const std::string page = probe_page(kTwo);
  const std::string norms = element(page, "<h2 id=\"norms\"", "</section>");
  const std::string weights = element(norms, "In weight space", "</ul>");
  CHECK_THAT(norms, ContainsSubstring("rms_norm, one projection; … (blocks.0.norm)"));
  CHECK_THAT(weights, ContainsSubstring("weight_norm") && !ContainsSubstring("rms_norm"));
  const std::string landscape = element(page, "<h2 id=\"landscape\"", "</section>");
  CHECK_THAT(landscape,
             ContainsSubstring("one: train mode (batch statistics and dropout), the mean loss over "
                               "64 targets") &&
                 ContainsSubstring("<data value=\"8\">"));
  Json refused = kTwo;
  refused["runs"][1]["probe"][0]["landscape"] = {{"mode", "train"}, {"refused", "not finite"}};
  CHECK_THAT(probe_page(refused), ContainsSubstring("two: not finite"));
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
    const auto lines = [&](const std::string& name) {
      return occurrences_of(chart(name), "class=\"line");
    };
    CHECK(occurrences_of(chart("probe_norm_gain"), "class=\"mark") == 2);  // weights are apart
    CHECK(occurrences_of(chart("probe_norm_gain"), "class=\"whisker") == 2);
    CHECK(lines("probe_norm_stages") == 4);
    CHECK(lines("probe_norm_shares") == 4);  // and the baselines
    CHECK(lines("probe_slopes") == 2);
    CHECK(lines("probe_course") == 2);  // two weights of the run of two records
    CHECK(lines("landscape_walk") == 2);
    CHECK(occurrences_of(chart("landscape_walk"), "class=\"mark") == 2);  // one is not finite
    CHECK(lines("landscape_line") == 1);
    CHECK(occurrences_of(chart("landscape_plane"), "class=\"mark cell") == 3);
    CHECK(occurrences_of(chart("landscape_course"), "class=\"mark") == 3);
    CHECK(occurrences_of(page.html, "undefined") == 0);
    CHECK(occurrences_of(page.html, "NaN") == 0);
  }
}

}  // namespace norma
