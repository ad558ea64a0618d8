// What the lesson on comparing shows: 14.
#include "tests/apps/lesson_commands.h"
#include "tests/catch.h"

namespace norma {

TEST_CASE("lesson 14: one seed, one rate, and then the fair study", "[lessons]") {
  const LessonCommands lesson(14);
  REQUIRE(lesson.failed().empty());
  std::map<std::string, double> one_seed = lesson.means("one-seed", "score"),
                                one_rate = lesson.means("one-rate", "score"),
                                fair = lesson.means("fair", "score");
  // The ranking moves: without a norm is ahead at the given rate and behind once all are tuned.
  CHECK(one_seed.at("rms_norm") < one_seed.at("layer_norm"));
  CHECK(one_seed.at("none") < one_seed.at("layer_norm"));
  CHECK(one_rate.at("none") < one_rate.at("layer_norm"));
  CHECK(fair.at("none") > fair.at("layer_norm") + 0.05);
  CHECK(fair.at("none") > fair.at("rms_norm") + 0.05);
  CHECK(lesson.ended(2).out.find("none is worse than layer_norm") != std::string::npos);
}

}  // namespace norma
