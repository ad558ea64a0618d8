#include "apps/common/contention.h"

#include "tests/catch.h"

namespace norma {

TEST_CASE("what /proc/stat calls busy: all but idling and waiting", "[apps]") {
  CHECK(busy_seconds("cpu  100 20 30 100000 5000 6 7 8 900 90", 100).value() == Approx(1.71));
  CHECK(busy_seconds("cpu  1 1 1 1 1 1 1 1", 1).value() == Approx(6));
  CHECK_FALSE(busy_seconds("", 100));
  CHECK_FALSE(busy_seconds("cpu  1 2 3", 100));
  CHECK_FALSE(busy_seconds("intr 1 2 3 4 5 6 7 8 9", 100));
}

TEST_CASE("a sample is disturbed by more than a tenth of its threads' time", "[apps]") {
  const auto disturbed = [](double foreign, int threads, int cores) {
    return is_disturbed({.wall = 10, .foreign = foreign}, threads, cores);
  };
  CHECK_FALSE(disturbed(0, 2, 2));
  CHECK_FALSE(disturbed(1.9, 2, 2));
  CHECK(disturbed(2.1, 2, 2));
  // A core that the sample leaves free is for others.
  CHECK_FALSE(disturbed(10.9, 1, 2));
  CHECK(disturbed(11.1, 1, 2));
  // A tick of the clock is no evidence, and no clock is none.
  CHECK_FALSE(is_disturbed({.wall = 0.001, .foreign = 0.01}, 2, 2));
  CHECK_FALSE(is_disturbed({.wall = 10, .foreign = {}}, 2, 2));
}

TEST_CASE("a lap tells the time since the last", "[apps]") {
  Contention contention;
  contention.lap();
  const Contention::Since since = contention.lap();
  CHECK(since.wall >= 0);
  CHECK(since.wall < 60);
  if (since.foreign) CHECK(*since.foreign >= 0);
}

}  // namespace norma
