// `layer --numbers`: norms on numbers that were typed, held against what they are by hand.
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/apps/child_program.h"
#include "tests/apps/classroom_runs.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

const char* const kEight = "3 1 4 1 5 9 2 6";
const char* const kBack = "1 0.5 -0.5 0 0.3 1 0 -0.2";

Json shown_numbers(std::vector<std::string> more) {
  more.insert(more.begin(), "layer");
  more.push_back("--json");
  const Ended done = run_program_as_user(more);
  INFO(done.err);
  REQUIRE(done.code == 0);
  return Json::parse(done.out);
}

Numbers list(const Json& values) { return values.get<Numbers>(); }

double product(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void check_equal(const Numbers& found, const Numbers& expected) {
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-14));
}

// What layer norm (RMS norm where nothing is taken off) makes of a row, by its formulas.
struct ByHand {
  ByHand(const Numbers& x, const Numbers& dy, bool centred) : u(x) {
    const double n = static_cast<double>(x.size());
    const double mean = centred ? std::accumulate(x.begin(), x.end(), 0.0) / n : 0;
    for (double& each : u) each -= mean;
    r = 1 / std::sqrt(product(u, u) / n + eps);
    for (const double each : u) y.push_back(each * r);
    const double one = centred ? std::accumulate(dy.begin(), dy.end(), 0.0) / n : 0;
    const double along = product(dy, y) / n;
    for (size_t i = 0; i < x.size(); ++i) dx.push_back(r * (dy[i] - one - y[i] * along));
  }
  double eps = 1e-5, r = 0;
  Numbers u, y, dx;
};

std::string said_by(std::vector<std::string> words) {
  words.insert(words.begin(), "layer");
  const Ended done = run_program_as_user(words);
  INFO(done.err);
  REQUIRE(done.code == 0);
  return done.out;
}

std::string refused(std::vector<std::string> words) {
  words.insert(words.begin(), "layer");
  const Ended done = run_program_as_user(words);
  CHECK(done.code == 2);
  CHECK(done.out.empty());
  return done.err;
}

}  // namespace

TEST_CASE("layer --numbers: two norms of eight numbers are what one computes by hand", "[apps]") {
  const Json shown = shown_numbers({"layer_norm", R"({"type": "rms_norm", "eps": 1e-5})",
                                    "--numbers", kEight, "--gradient", kBack});
  CHECK(shown.at("shape") == Json{1, 1, 8});
  const Numbers x = list(shown.at("x")), dy = list(shown.at("dy"));
  CHECK(x == Numbers{3, 1, 4, 1, 5, 9, 2, 6});
  for (const bool centred : {true, false}) {
    const Json& norm = shown.at("norms")[centred ? 0 : 1];
    INFO(norm.at("type"));
    const ByHand hand(x, dy, centred);
    check_equal(list(norm.at("y")), hand.y);
    check_equal(list(norm.at("xhat")), hand.y);
    check_equal(list(norm.at("dx")), hand.dx);
    CHECK(norm.at("domains").at("n") == Json{8.0});
    CHECK(norm.at("domains").at("mean")[0].get<double>() == Approx(3.875));
    CHECK(norm.at("stats")[0][0].get<double>() == Approx(hand.r));
    const Json& gradient = norm.at("gradients")[0];
    CHECK(gradient.at("dx").get<double>() == Approx(std::sqrt(product(hand.dx, hand.dx))));
    const double sum = std::accumulate(hand.dx.begin(), hand.dx.end(), 0.0);
    CHECK(gradient.at("one_dx").get<double>() == Approx(sum).margin(1e-14));
    CHECK((std::abs(sum) < 1e-14) == centred);
    // The ε-leak: of what lies along x̂, ε/(v + ε) is left.
    const double leak = product(hand.y, dy) * hand.r * hand.eps * hand.r * hand.r;
    CHECK(gradient.at("xhat_dx").get<double>() == Approx(leak).epsilon(1e-6));
  }
}

TEST_CASE("layer --numbers: arrows lie where the projections are", "[apps]") {
  const Json shown =
      shown_numbers({"layer_norm", "rms_norm", "--numbers", kEight, "--gradient", kBack});
  const Numbers dy = list(shown.at("dy"));
  for (const Json& norm : shown.at("norms")) {
    INFO(norm.at("type"));
    const bool centred = norm.at("type") == "layer_norm";
    const Json& gradient = norm.at("gradients")[0];
    const Json& arrows = gradient.at("arrows");
    const Numbers direct = list(arrows.at("direct")), dx = list(arrows.at("dx"));
    const Numbers u = list(arrows.at("u"));
    const double r = norm.at("stats")[0][0].get<double>();
    // Along 1/√8, in a frame that keeps lengths.
    CHECK(direct[0] == Approx(r * std::accumulate(dy.begin(), dy.end(), 0.0) / std::sqrt(8.0)));
    CHECK(std::sqrt(product(direct, direct)) == Approx(gradient.at("direct").get<double>()));
    CHECK(std::sqrt(product(dx, dx)) == Approx(gradient.at("dx").get<double>()));
    CHECK(product(u, u) == Approx(1));
    CHECK(arrows.at("is_xhat") == true);
    CHECK(std::abs(u[2]) < 1e-15);
    // Nothing but ε's is left along x̂; along 1 nothing where the mean is taken off.
    CHECK(std::abs(product(dx, u)) < 1e-5 * std::abs(product(direct, u)));
    CHECK((std::abs(dx[0]) < 1e-14) == centred);
    CHECK((std::abs(u[0]) < 1e-14) == centred);
    CHECK(dx[2] == Approx(direct[2]));
  }
}

TEST_CASE("layer --numbers: of every norm the terms add up to dx, as numbers and as arrows",
          "[apps]") {
  std::vector<std::string> words;
  for (const Json& spec : classroom::all_norms()) words.push_back(spec.dump());
  const size_t norms = words.size();
  std::string x, dy;
  for (int i = 0; i < 32; ++i) {
    x += std::to_string(std::sin(7.0 * i) + 0.1 * i) + " ";
    dy += std::to_string(std::cos(5.0 * i)) + ";";
  }
  words.insert(words.end(), {"--shape", "4,2,4", "--numbers", x, "--gradient", dy});
  const Json shown = shown_numbers(words);
  REQUIRE(shown.at("norms").size() == norms);
  size_t with_arrows = 0;
  for (const Json& norm : shown.at("norms")) {
    INFO(norm.at("type"));
    if (!norm.contains("terms")) continue;
    Numbers sum = list(norm.at("terms").at("direct"));
    for (const char* term : {"along_one", "along_u"})
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += norm.at("terms").at(term)[i].get<double>();
    check_equal(sum, list(norm.at("dx")));
    for (const Json& gradient : norm.at("gradients")) {
      if (!gradient.contains("arrows")) continue;
      ++with_arrows;
      const Json& arrows = gradient.at("arrows");
      Numbers there = list(arrows.at("direct"));
      for (const char* term : {"along_one", "along_u"})
        for (size_t k = 0; k < 3; ++k) there[k] += arrows.at(term)[k].get<double>();
      for (size_t k = 0; k < 3; ++k)
        CHECK(there[k] == Approx(arrows.at("dx")[k].get<double>())
                              .margin(1e-12 * (1 + gradient.at("direct").get<double>())));
    }
  }
  CHECK(with_arrows > 100);
}

TEST_CASE("layer --numbers: a batch of two lets the ε-leak pass, running statistics everything",
          "[apps]") {
  const std::vector<std::string> typed{"--numbers", "1 7 3 4",    "--shape",
                                       "2,1,2",     "--gradient", "1 2 -3 0.5"};
  const auto of = [&](const std::string& spec, std::vector<std::string> more) {
    more.insert(more.begin(), spec);
    more.insert(more.end(), typed.begin(), typed.end());
    return shown_numbers(more).at("norms")[0];
  };
  const Json train = of("batch_norm", {});
  CHECK(train.at("domains").at("of") == Json{0, 1, 0, 1});
  // Of two numbers a < b, dx = (dy₁ − dy₂)/2 · ε/(v + ε)^1.5, with v = ((b − a)/2)².
  const double v = 1, eps = 1e-5;
  CHECK(train.at("dx")[0].get<double>() == Approx(2 * eps / std::pow(v + eps, 1.5)).epsilon(1e-6));
  const Json eval = of("batch_norm", {"--mode", "eval", "--steps-before", "3"});
  const double kept = std::pow(0.9, 3);
  CHECK(eval.at("centre")[0].get<double>() == Approx((1 - kept) * 2));
  const double running = kept + (1 - kept) * 2;  // of 1 and the unbiased variance
  CHECK(eval.at("dx")[2].get<double>() == Approx(-3 / std::sqrt(running + eps)));
  CHECK(eval.at("gradients")[0].at("arrows").at("dx") ==
        eval.at("gradients")[0].at("arrows").at("direct"));
}

TEST_CASE("layer --numbers: prints tables, of many numbers their statistics alone", "[apps]") {
  const std::string few = said_by({"layer_norm", "--numbers", kEight, "--gradient", kBack});
  CHECK_THAT(few, ContainsSubstring("1 row of 8 elements") && ContainsSubstring("3.875") &&
                      ContainsSubstring("along 1") && ContainsSubstring("‖dx‖") &&
                      ContainsSubstring("~0") && ContainsSubstring("orthogonal"));
  CHECK_THAT(said_by({"layer_norm", "--numbers", kEight}), !ContainsSubstring("dx"));
  CHECK_THAT(said_by({"dyt", "--numbers", "-1,2"}), ContainsSubstring("no statistic"));
  std::string many;
  for (int i = 0; i < 72; ++i) many += std::to_string(i % 7) + " ";
  const std::string summary = said_by({"layer_norm", "--numbers", many, "--shape", "9,1,8"});
  CHECK_THAT(summary, ContainsSubstring("9 rows of 8 elements") && !ContainsSubstring("element  "));
}

TEST_CASE("layer --numbers: says what is wrong, where, and what was meant", "[apps]") {
  CHECK_THAT(refused({"layer_norm", "--numbers", "3 1 x4"}),
             ContainsSubstring("--numbers, number 3  found \"x4\""));
  CHECK_THAT(refused({"layer_norm", "--numbers", "1 inf"}), ContainsSubstring("finite"));
  CHECK_THAT(refused({"layer_norm", "--numbers", " "}), ContainsSubstring("expected numbers"));
  CHECK_THAT(refused({"layernrm", "--numbers", "1 2"}), ContainsSubstring("mean layer_norm?"));
  CHECK_THAT(refused({"linear", "--numbers", "1 2"}), ContainsSubstring("linear"));
  CHECK_THAT(refused({"--numbers", "1 2"}), ContainsSubstring("needs a norm"));
  CHECK_THAT(
      refused({"layer_norm", "--numbers", "1 2 3", "--gradient", "1 2"}),
      ContainsSubstring("--gradient  found 2 numbers, expected as many as --numbers has, 3"));
  CHECK_THAT(refused({"layer_norm", "--numbers", kEight, "--shape", "3,2,2"}),
             ContainsSubstring("12 elements") && ContainsSubstring("mean 2,2,2?"));
  CHECK_THAT(refused({"layer_norm", "--numbers", kEight, "--shape", "2,4"}),
             ContainsSubstring("mean 2,1,4?"));
  CHECK_THAT(refused({"layer_norm", "--numbers", kEight, "--shape", "2,a,4"}),
             ContainsSubstring("whole number"));
  CHECK_THAT(refused({"batch_norm", "--numbers", kEight}), ContainsSubstring("[batch_norm]"));
  CHECK_THAT(refused({R"({"type": "group_norm", "groups": 3})", "--numbers", kEight}),
             ContainsSubstring("[group_norm]"));
  CHECK_THAT(refused({"batch_norm", "--numbers", kEight, "--steps-before", "2"}),
             ContainsSubstring("--mode eval"));
  CHECK_THAT(refused({"layer_norm", "rms_norm", "--in", "a", "--out", "b"}),
             ContainsSubstring("--numbers takes several"));
  CHECK_THAT(refused({"layer_norm", "--html", "page.html"}), ContainsSubstring("--html"));
  CHECK(run_program_as_user({"layer", "layer_norm", "--gradient", "1"}).code != 0);
}

}  // namespace norma
