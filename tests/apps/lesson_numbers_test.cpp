// What the lessons on typed numbers show: 1, 2, 4, 7 and 15.
#include <cmath>
#include <set>

#include "tests/apps/lesson_commands.h"
#include "tests/catch.h"

namespace norma {
namespace {

const std::pair<const std::string, std::string> kAsJson{"./norma layer ", "./norma layer --json "};

// What the `norm`-th norm of a command's output says.
Json norm_of(const LessonCommands& lesson, size_t command, size_t norm = 0) {
  return parse_json(lesson.ended(command).out, "the output").at("norms").at(norm);
}

Numbers numbers_of(const Json& norm, const char* name) { return norm.at(name).get<Numbers>(); }

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

TEST_CASE("lesson 1: eight numbers, shifted and scaled", "[lessons]") {
  const LessonCommands lesson(1, {kAsJson});
  REQUIRE(lesson.failed().empty());
  CHECK(lesson.has("numbers.html"));
  const Numbers wanted{-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2};
  const Numbers layer_norm = numbers_of(norm_of(lesson, 0), "y");
  const Numbers rms_norm = numbers_of(norm_of(lesson, 0, 1), "y");
  REQUIRE(layer_norm.size() == 8);
  for (size_t i = 0; i < 8; ++i) CHECK(layer_norm[i] == Approx(wanted[i]).margin(1e-5));
  CHECK(rms_norm.front() == Approx(0.371).margin(1e-3));
  CHECK(rms_norm.back() == Approx(1.671).margin(1e-3));
}

TEST_CASE("lesson 2: who shares a statistic", "[lessons]") {
  const LessonCommands lesson(2, {kAsJson});
  REQUIRE(lesson.failed().empty());
  const size_t means[] = {12, 6, 18, 6};
  for (size_t norm = 0; norm < 4; ++norm) {
    const Json domains = norm_of(lesson, 0, norm).at("domains");
    CHECK(domains.at("n").size() == means[norm]);
    for (const Json& n : domains.at("n"))
      CHECK(n.get<double>() == 72. / static_cast<double>(means[norm]));
    // Only batch norm's reach across samples: a sample has 24 numbers.
    const auto of = domains.at("of").get<std::vector<size_t>>();
    const std::set<size_t> first(of.begin(), of.begin() + 24);
    const bool shared = std::any_of(of.begin() + 24, of.end(),
                                    [&](size_t domain) { return first.contains(domain); });
    CHECK(shared == (norm == 1));
  }
}

TEST_CASE("lesson 4: what layer norm takes out of a gradient", "[lessons]") {
  const LessonCommands lesson(4, {kAsJson});
  REQUIRE(lesson.failed().empty());
  const Json norm = norm_of(lesson, 0);
  const Numbers wanted{2.375, -0.875, -0.875, -0.875, -0.5, -0.5, 0.25, 1};
  const Numbers dx = numbers_of(norm, "dx");
  REQUIRE(dx.size() == 8);
  for (size_t i = 0; i < 8; ++i) CHECK(dx[i] == Approx(wanted[i]).margin(1e-5));
  CHECK(std::fabs(dot(dx, Numbers(8, 1))) < 1e-12);
  CHECK(std::fabs(dot(dx, numbers_of(norm, "xhat"))) < 1e-4);  // the ε-leak
  CHECK(std::sqrt(dot(dx, dx)) == Approx(3.08).margin(0.005));
}

TEST_CASE("lesson 7: a batch of two loses its gradient, and small ghost batches their accuracy",
          "[lessons]") {
  const LessonCommands lesson(7, {kAsJson, {"07_ghost.json", "07_ghost.json seeds=2 steps=250"}});
  REQUIRE(lesson.failed().empty());
  const Json train = norm_of(lesson, 0), eval = norm_of(lesson, 1);
  const Numbers y{-1, 1, -1, 1, -1, 1};
  for (size_t i = 0; i < 6; ++i) {
    CHECK(numbers_of(train, "y")[i] == Approx(y[i]).margin(1e-4));
    CHECK(std::fabs(numbers_of(train, "dx")[i]) < 1e-4);
  }
  CHECK(numbers_of(eval, "dx")[2] == Approx(2).margin(1e-4));
  std::map<std::string, double> error = lesson.means("ghost", "score");
  CHECK(error.at("ghost_batch=2") > error.at("ghost_batch=8") + 0.05);
  CHECK(error.at("ghost_batch=8") > error.at("ghost_batch=32") + 0.02);
}

TEST_CASE("lesson 15: half norm leaves half of the gradient, and stands between", "[lessons]") {
  const LessonCommands lesson(15, {kAsJson, {"15_invent.json", "15_invent.json seeds=4"}});
  REQUIRE(lesson.failed().empty());
  const Json half = norm_of(lesson, 0), whole = norm_of(lesson, 0, 1);
  const Numbers y = numbers_of(half, "y");
  CHECK(std::sqrt(dot(y, y) / 8) == Approx(std::sqrt(2)).margin(1e-4));
  // Of what the gradient has along x̂ = u/σ: half, and nothing.
  const Numbers u = numbers_of(whole, "xhat"), direct = numbers_of(half.at("terms"), "direct");
  CHECK(dot(u, numbers_of(half, "dx")) / dot(u, direct) == Approx(0.5).margin(1e-4));
  CHECK(std::fabs(dot(u, numbers_of(whole, "dx"))) < 1e-4);
  CHECK(half.at("projection") ==
        "orthogonal: what lies along 1 is taken out; of what lies along x̂, "
        "50 % is left");
  std::map<std::string, double> loss = lesson.means("study", "score");
  CHECK(loss.at("layer_norm") < loss.at("half_norm"));
  CHECK(loss.at("half_norm") < loss.at("without") / 1.5);
}

}  // namespace norma
