#include <stdexcept>

#include "apps/statistics/selection.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Scores = std::vector<std::vector<double>>;  // [point][seed]

}  // namespace

TEST_CASE("the best point has the lowest mean, the first of several", "[apps][statistics]") {
  CHECK(best_point(Scores{{3}}) == 0);
  CHECK(best_point(Scores{{3}, {1}, {2}}) == 1);
  CHECK(best_point(Scores{{3, 1}, {0, 5}, {2, 1}}) == 2);  // not the one with the lowest score
  CHECK(best_point(Scores{{3, 1}, {1, 3}, {2, 2}}) == 0);
  CHECK(best_point(Scores{{4}, {4}, {4}}) == 0);  // all diverged
  CHECK(best_point(Scores{{-1}, {-2}}) == 1);
  CHECK_THROWS_AS(best_point(Scores{}), std::invalid_argument);
  CHECK_THROWS_AS(best_point(Scores{{1}, {}}), std::invalid_argument);
}

TEST_CASE("selection: the two points with the lowest means, the lower first",
          "[apps][statistics]") {
  using Two = std::array<size_t, 2>;
  CHECK(best_two_points(Scores{{3}, {1}, {2}}) == Two{1, 2});
  CHECK(best_two_points(Scores{{3, 1}, {0, 6}, {2, 1}}) == Two{2, 0});
  CHECK(best_two_points(Scores{{4}, {4}, {4}}) == Two{0, 1});  // all diverged
  CHECK_THROWS_AS(best_two_points(Scores{{3}}), std::invalid_argument);
  CHECK_THROWS_AS(best_two_points(Scores{{1}, {}}), std::invalid_argument);
}

}  // namespace norma
