// The program `bench`, run as a user runs it. What it measures is no matter here.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/config/json.h"
#include "layers/norms/norm.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Ended bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "bench");
  return run_program_as_user(arguments);
}

// As quick as it goes: one short sample of some small cases, one of each kind of roof.
const std::vector<std::string> kQuick{
    "--rounds", "1",           "--sample-ms",  "0.1",      "--filter",
    "dyt/4096", "--filter",    "512x128x4096", "--filter", "loss/cross_entropy/4096x96",
    "--filter", "grad_norm/1M"};

Ended quick(std::vector<std::string> more) {
  more.insert(more.end(), kQuick.begin(), kQuick.end());
  return bench(more);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string write_json(const TemporaryFolder& folder, const Json& json) {
  const std::string file = (folder / "before.json").string();
  std::ofstream(file) << format_json(json);
  return file;
}

// Results whose shares are the given one; kept from a run.
Json with_shares(Json results, double share) {
  for (auto& each : results["cases"]) each["share"] = share;
  return results;
}

}  // namespace

TEST_CASE("bench: lists every norm and one case of each family at least", "[apps]") {
  const Ended listed = bench({"--list"});
  REQUIRE(listed.code == 0);
  std::vector<std::string> names = lines_of(listed.out);
  for (const Entry* entry : norm_registry().entries())
    CHECK(std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return name.starts_with("norm/" + entry->type + "/");
    }));
  for (const char* family :
       {"matmul/", "attention/", "conv/", "loss/", "optimizer/", "step/gpt/", "step/vit/",
        "step/resnet20/", "inference/image/", "inference/first_token/", "inference/next_token/"})
    CHECK(std::any_of(names.begin(), names.end(),
                      [&](const std::string& name) { return name.starts_with(family); }));
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());

  const Ended filtered = bench({"--list", "--filter", "step/gpt", "--filter", "8192x1024"});
  REQUIRE(filtered.code == 0);
  for (const std::string& name : lines_of(filtered.out))
    CHECK((name.starts_with("step/gpt") || name.find("8192x1024") != std::string::npos));
}

TEST_CASE("bench: a filter that matches nothing is the user's mistake", "[apps]") {
  const Ended wrong = bench({"--filter", "mattmul"});
  CHECK(wrong.code == 2);
  CHECK(wrong.out.empty());
  CHECK_THAT(wrong.err, ContainsSubstring("--filter mattmul matches no case") &&
                            ContainsSubstring("did you mean matmul?"));
  const Ended strange = bench({"--filter", "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"});
  CHECK(strange.code == 2);
  CHECK_THAT(strange.err, ContainsSubstring("the nearest case is "));
  CHECK(bench({"--tolerance", "5"}).code == 2);
  CHECK(bench({"--rounds", "0"}).code == 2);
}

TEST_CASE("bench: its JSON has roofs and for each case what it moves, computes and reaches",
          "[apps]") {
  const Ended done = quick({"--json", "--note", "a run"});
  REQUIRE(done.code == 0);
  CHECK(done.err.empty());
  const Json json = parse_json(done.out, "bench");
  CHECK(json["version"] == 1);
  CHECK(json["note"] == "a run");
  CHECK(json["threads"].is_number_integer());
  for (const char* text : {"norma", "build", "onednn", "cpu"}) CHECK(json[text].is_string());
  CHECK(json["cpu_features"].is_array());
  CHECK(json["roofs"]["arithmetic"]["vector"]["gflop_per_s"] > 0);
  CHECK(json["roofs"]["arithmetic"]["float32 product"]["gflop_per_s"] > 0);
  REQUIRE_FALSE(json["roofs"]["memory"].empty());
  for (const Json& roof : json["roofs"]["memory"])
    for (const char* figure :
         {"working_set", "copy_gb_per_s", "triad_gb_per_s", "update_gb_per_s", "read_gb_per_s"})
      CHECK(roof[figure] > 0);

  REQUIRE(json["cases"].size() >= 4);
  for (const auto& [name, each] : json["cases"].items()) {
    INFO(name);
    for (const char* figure :
         {"us", "least_us", "most_us", "samples", "samples_taken", "bytes", "flops", "working_set",
          "gb_per_s", "gflop_per_s", "roof_gb_per_s", "roof_gflop_per_s", "share"})
      CHECK(each[figure] > 0);
    CHECK(each["disturbed"].is_boolean());
    CHECK(each["samples"] <= each["samples_taken"]);
    CHECK(each["least_us"] <= each["us"]);
    CHECK(each["us"] <= each["most_us"]);
    // The roof that binds is the lower one at this intensity, and the share is of it.
    const double by_memory = each["gb_per_s"].get<double>() / each["roof_gb_per_s"].get<double>();
    const double by_rate =
        each["gflop_per_s"].get<double>() / each["roof_gflop_per_s"].get<double>();
    CHECK(each["share"].get<double>() == Approx(std::max(by_memory, by_rate)));
    CHECK((each["bound"] == "memory") == (by_memory > by_rate));
  }
  const Json& loss = json["cases"]["loss/cross_entropy/4096x96"];
  CHECK(loss["bytes"] == 3 * 4 * 4096 * 96);
  const Json& product = json["cases"]["matmul/512x128x4096/dweight"];
  CHECK(product["flops"] == 2.0 * 512 * 128 * 4096);
}

TEST_CASE("bench: against an earlier run, a share that fell gives exit code 1", "[apps]") {
  TemporaryFolder folder;
  const Ended first = quick({"--json"});
  REQUIRE(first.code == 0);
  const Json results = parse_json(first.out, "bench");

  const Ended passes = quick({"--against", write_json(folder, with_shares(results, 1e-6))});
  CHECK(passes.code == 0);
  CHECK_THAT(passes.out, ContainsSubstring(" 0 fell"));

  Json fallen = with_shares(results, 1e-6);
  fallen["cases"]["optimizer/grad_norm/1M"]["share"] = 1e6;
  fallen["cases"]["optimizer/gone/grad_norm/1M"] = {{"share", 0.5}};
  fallen["cases"]["step/vit/28x28-patch4-d192-L6-H3-B64"] = {{"share", 0.5}};
  fallen["cases"].erase("loss/cross_entropy/4096x96");
  const Ended fails = quick({"--against", write_json(folder, fallen), "--tolerance", "50"});
  CHECK(fails.code == 1);
  CHECK_THAT(fails.out, ContainsSubstring(" 1 fell") &&
                            ContainsSubstring("fell     optimizer/grad_norm/1M") &&
                            ContainsSubstring("new      loss/cross_entropy/4096x96") &&
                            ContainsSubstring("unknown  optimizer/gone/grad_norm/1M") &&
                            !ContainsSubstring("step/vit"));  // which the filters leave out

  // JSON stays alone on stdout.
  const Ended both = quick({"--json", "--against", write_json(folder, fallen)});
  CHECK(both.code == 1);
  CHECK_NOTHROW(parse_json(both.out, "bench"));
  CHECK_THAT(both.err, ContainsSubstring("fell     optimizer/grad_norm/1M"));
}

TEST_CASE("bench: an earlier run that is none is refused before anything is timed", "[apps]") {
  TemporaryFolder folder;
  const auto refused = [&](const Json& json, const char* why) {
    const Ended ended = quick({"--against", write_json(folder, json)});
    CHECK(ended.code == 2);
    CHECK(ended.out.empty());
    CHECK_THAT(ended.err, ContainsSubstring(why));
  };
  refused(Json::array(), "no results of bench");
  refused({{"version", 999}, {"cases", Json::object()}}, "its version is 999");
  refused({{"version", 1}, {"cases", Json::array()}}, "its cases are no object");
  refused({{"version", 1}, {"cases", {{"a", {{"share", "high"}}}}}}, "cases.a.share");
  refused({{"version", 1}, {"cases", {{"a", 1}}}}, "cases.a.share");
  CHECK(quick({"--against", (folder / "nowhere.json").string()}).code == 2);
}

TEST_CASE("bench: its page holds every case and nothing that a name could break", "[apps]") {
  TemporaryFolder folder;
  const std::string file = (folder / "page.html").string();
  const Ended done =
      quick({"--html", file, "--json", "--note", "<script>alert('x')</script> & \"more\""});
  REQUIRE(done.code == 0);
  const std::string page = read_bytes(file);
  const Json results = parse_json(done.out, "bench");
  for (const auto& [name, each] : results.at("cases").items())
    CHECK_THAT(page, ContainsSubstring("<th scope=\"row\">" + name + "</th>"));
  CHECK_THAT(page, !ContainsSubstring("<script>alert") && !ContainsSubstring("{{") &&
                       ContainsSubstring("&lt;script&gt;alert(&#39;x&#39;)") &&
                       ContainsSubstring("\\u003cscript>alert"));
  // Nothing is fetched: no address in any attribute.
  for (const char* attribute : {" src=", "href=\"http", "url("})
    CHECK_THAT(page.substr(0, page.find("<script>")), !ContainsSubstring(attribute));
}

}  // namespace norma
