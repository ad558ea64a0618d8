// What a claim predicts, laid over what was measured.
#include "apps/study/claim_overlay.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/catch.h"

namespace norma {
namespace {
using Catch::Matchers::ContainsSubstring;
}  // namespace

TEST_CASE("overlay: readings under a theory, with how far they lie beyond it", "[study]") {
  const Prediction bounds{.low = {1, 2}, .high = {2, 4}, .why_not = {}};
  const Overlay made =
      theory_overlay("xiong_pre_ln", " where pre", bounds, {1.5, 5}, {{1.4, 1.6}, {4.9, 5.1}});
  CHECK(made.x == std::vector<double>{1, 2});
  CHECK(made.x_name == "block");
  CHECK(made.y_name == "stream_square");
  CHECK(*made.deviation == Approx(0.25));
  CHECK_THAT(made.score, ContainsSubstring("25 % beyond"));
  const Json json = overlay_json(made);
  CHECK(json["predicted_high"] == Json{2, 4});
  CHECK(json["low"] == Json{1.4, 4.9});
  CHECK(json["title"] == "xiong_pre_ln where pre");

  const Overlay refused = theory_overlay(
      "xiong_pre_ln", "", {.low = {}, .high = {}, .why_not = "does not apply, because"}, {}, {});
  CHECK(refused.x.empty());
  CHECK(overlay_json(refused)["deviation"].is_null());
  CHECK(overlay_json(refused)["why_not"] == "does not apply, because");
}

TEST_CASE("overlay: a slope is drawn through the midst of what was measured", "[study]") {
  // y = 3·x^−0.4 where a power of −0.5 was predicted.
  std::vector<double> x, y;
  for (const double each : {4.0, 8.0, 16.0}) {
    x.push_back(std::log(each));
    y.push_back(std::log(3 * std::pow(each, -0.4)));
  }
  const Overlay made = slope_overlay("slope", true, -0.4, -0.5, x, y, {});
  CHECK(made.log);
  CHECK(made.x[2] == Approx(16));
  CHECK(made.mean[0] == Approx(3 * std::pow(4, -0.4)));
  CHECK(made.low[1] == Approx(made.mean[1]));
  CHECK(made.low[0] / made.low[2] == Approx(2));
  CHECK(*made.deviation == Approx(0.1));
  CHECK(made.score == "measured -0.4, predicted -0.5: +0.1");
  CHECK(overlay_json(made)["low"].empty());

  const Overlay straight = slope_overlay("slope", false, 2, 1, {0, 2}, {0, 4}, {{-1, 1}, {3, 5}});
  CHECK_FALSE(straight.log);
  CHECK(straight.low == std::vector<double>{1, 3});
  CHECK(straight.intervals[1].low == 3);
}

}  // namespace norma
