#include "apps/pages/run_series.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/catch.h"

namespace norma {

using pages::Series;

TEST_CASE("series of metrics: by figure, not finite ones kept as such", "[apps]") {
  const Json metrics{{{"step", 1}, {"train/loss", 2.5}, {"lr", 0.1}, {"ms", 3}},
                     {{"step", 1}, {"val/loss", 2.4}, {"ms", 99}},
                     {{"step", 2}, {"train/loss", "NaN"}, {"lr", "no number"}, {"ms", 4}},
                     {{"note", "a line without a step"}}};
  const std::vector<Series> all = pages::series_of(metrics);
  REQUIRE(all.size() == 4);
  CHECK(all[0].name == "train/loss");
  REQUIRE(all[0].points.size() == 2);
  CHECK(all[0].points[0].value == 2.5);
  CHECK_FALSE(all[0].points[1].value);
  CHECK(pages::find_series(all, "lr")->points.size() == 1);
  const Series* ms = pages::find_series(all, "ms");  // of steps, not of evaluations
  REQUIRE(ms->points.size() == 2);
  CHECK(ms->points[1].value == 4);
  CHECK(pages::find_series(all, "gone") == nullptr);
}

TEST_CASE("a thinned series keeps its beginning, its end and its extremes", "[apps]") {
  std::vector<Series::Point> points;
  for (int i = 1; i <= 50000; ++i) points.push_back({1.0 * i, 2 + std::sin(0.1 * i)});
  points[30001].value = 17.25;
  points[40002].value = -3.5;
  points[45003].value.reset();
  const auto kept = pages::thinned(points, 2000);
  CHECK(kept.size() <= 2002);
  CHECK(kept.size() > 1000);
  CHECK(std::is_sorted(kept.begin(), kept.end(), [](auto a, auto b) { return a.step < b.step; }));
  for (int i = 0; i < 500; ++i) REQUIRE(kept[static_cast<size_t>(i)].step == i + 1);
  CHECK(kept.back().step == 50000);
  const auto has = [&](double step) {
    return std::any_of(kept.begin(), kept.end(),
                       [&](const auto& each) { return each.step == step; });
  };
  CHECK(has(30002));
  CHECK(has(40003));
  CHECK(has(45004));
  points.resize(2000);
  CHECK(pages::thinned(points, 2000).size() == 2000);
}

}  // namespace norma
