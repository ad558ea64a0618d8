// The numerics lab: the sums it tells apart, and what `layer --numerics` says of them.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/layer/numerics/sums.h"
#include "core/config/json.h"
#include "core/error.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json lab_of(std::vector<std::string> more) {
  more.insert(more.begin(), {"layer", "--numerics", "--json"});
  const Ended done = run_program_as_user(more);
  INFO(done.err);
  REQUIRE(done.code == 0);
  return Json::parse(done.out);
}

const Json& chart_of(const Json& lab, const std::string& id) {
  for (const Json& chart : lab.at("charts"))
    if (chart.at("id") == id) return chart;
  throw Error("no chart " + id);
}

// The value of a series where the axis has `x`.
double at(const Json& chart, const std::string& view, const std::string& series, double x) {
  const std::vector<double> axis = chart.at("x").at("values").get<std::vector<double>>();
  for (const Json& each : chart.at("views"))
    for (size_t i = 0; each.at("name") == view && i < axis.size(); ++i)
      if (std::abs(axis[i] / x - 1) < 1e-9) return each.at("series").at(series)[i].get<double>();
  throw Error("no value at " + std::to_string(x));
}

constexpr double kRoundoff = 0x1p-24;

}  // namespace

TEST_CASE("numerics: every method has the moments of a few numbers right") {
  const float few[] = {1, 2, 3, 4, 10};
  for (const numerics::Moments& found :
       {numerics::one_pass<float, float>(few, 5), numerics::one_pass<double, double>(few, 5),
        numerics::two_passes<float>(few, 5), numerics::two_passes<numerics::BFloat16Sum>(few, 5),
        numerics::welford(few, 5), numerics::pairwise(few, 5)}) {
    CHECK(found.mean == 4);
    CHECK(found.variance == Approx(10).epsilon(1e-6));
  }
}

TEST_CASE("numerics: the methods round where they are known to") {
  // 2^24 + 1 is no float32: one long sum stops there, halves do not.
  std::vector<float> many{float(1 << 24)};
  many.insert(many.end(), 1023, 1.0f);
  CHECK(numerics::two_passes<float>(many.data(), 1024).mean == 0x1p14);
  CHECK(numerics::pairwise(many.data(), 1024).mean == Approx(0x1p14 + 1).epsilon(1e-6));
  // Of ones, a sum in bfloat16 stops at 256.
  const std::vector<float> hundreds(1000, 1.0f);
  CHECK(numerics::two_passes<numerics::BFloat16Sum>(hundreds.data(), 1000).mean == Approx(0.256));
  // (2^13 ± 1)² need 27 bits; the variance is the difference of two such.
  const float near[] = {8191, 8193, 8191, 8193};
  CHECK(numerics::one_pass<float, float>(near, 4).variance != 1);
  CHECK(numerics::one_pass<double, double>(near, 4).variance == 1);
  CHECK(numerics::welford(near, 4).variance == Approx(1).epsilon(1e-3));
}

TEST_CASE("layer --numerics: errors grow with mean/σ as the theory says", "[apps]") {
  const Json lab = lab_of({});
  const Json& variance = chart_of(lab, "variance");
  const std::string view = "1,024 numbers";
  const auto error = [&](const std::string& method, double ratio) {
    return at(variance, view, method, ratio);
  };
  // Digits lost for each digit of mean/σ.
  const auto slope = [&](const std::string& method, double from, double to) {
    return std::log(error(method, to) / error(method, from)) / std::log(to / from);
  };
  CHECK(slope("one pass", 10, 1000) == Approx(2).margin(0.25));
  CHECK(slope("one pass, float64", 10, 1e6) == Approx(2).margin(0.25));
  CHECK(slope("Welford", 1e3, 1e6) == Approx(1).margin(0.3));
  CHECK(slope("pairwise", 1e5, 1e7) == Approx(2).margin(0.3));
  CHECK(slope("two passes", 1, 1e3) == Approx(0).margin(0.15));
  CHECK(error("one pass", 100) / error("one pass, float64", 100) == Approx(0x1p29).epsilon(0.9));
  CHECK(error("one pass", 1e4) > 1);
  for (const double ratio : {1e-3, 1.0, 1e2, 1e4, 1e6})
    for (const char* own : {"Norma, a row", "Norma, a channel"}) {
      INFO(own << " at " << ratio);
      CHECK(error(own, ratio) < 16 * kRoundoff);
      CHECK(at(chart_of(lab, "output"), view, own, ratio) < 16 * kRoundoff);
      CHECK(at(chart_of(lab, "mean"), view, own, ratio) < 16 * kRoundoff);
    }
  // No error is above the bounds of Chan, Golub and LeVeque, with n in place of √n.
  for (const auto& [name, n] :
       {std::pair("64 numbers", 64.0), {"1,024 numbers", 1024.0}, {"16,384 numbers", 16384.0}})
    for (const double ratio : {1e-3, 1.0, 10.0, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}) {
      INFO(name << " at " << ratio);
      const double kappa = std::sqrt(1 + ratio * ratio), nu = n * kRoundoff;
      CHECK(at(variance, name, "one pass", ratio) < 2 * nu * kappa * kappa * (1 + nu));
      CHECK(at(variance, name, "two passes", ratio) < 2 * (nu + std::pow(nu * kappa, 2)));
      CHECK(at(variance, name, "Welford", ratio) < 2 * nu * kappa);
    }
  // The longer, the worse, but for those whose sums are short.
  const Json& length = chart_of(lab, "length");
  CHECK(at(length, "", "two passes, bfloat16", 65536) > 0.5);
  CHECK(at(length, "", "two passes", 65536) > 10 * at(length, "", "two passes", 64));
  CHECK(at(length, "", "pairwise", 65536) < 4 * kRoundoff);
  CHECK(at(length, "", "Norma, a row", 65536) < 4 * kRoundoff);
}

TEST_CASE("layer --numerics: at the ends of float32 only the wide sums are right", "[apps]") {
  const Json lab = lab_of({});
  const Json& hard = lab.at("tables")[0];
  const auto cell = [&](const std::string& row, const std::string& column) -> const Json& {
    const Json& columns = hard.at("columns");
    for (size_t i = 0; i < columns.size(); ++i)
      if (columns[i] == column) return hard.at("rows").at(row)[i];
    throw Error("no column " + column);
  };
  for (const auto& [input, cells] : hard.at("rows").items())
    for (const char* own : {"Norma, a row", "Norma, a channel"}) {
      INFO(input);
      CHECK(cell(input, own) < 32 * kRoundoff);
    }
  CHECK(cell("σ 1e30: every square does", "two passes") == "Infinity");
  CHECK(cell("σ 1e-30: every square is 0", "Welford") == 1.0);
}

TEST_CASE("layer --numerics: a norm's float32 is held against its float64", "[apps]") {
  for (const char* norm : {"layer_norm", "{\"type\": \"batch_norm\", \"eps\": 1e-3}"}) {
    INFO(norm);
    const Json lab = lab_of({norm});
    int compared = 0;
    for (const Json& view : chart_of(lab, "errors").at("views"))
      for (const auto& [name, values] : view.at("series").items())
        for (const Json& error : values) {
          if (error.is_null()) continue;
          ++compared;
          CHECK(error < 16 * kRoundoff);
        }
    CHECK(compared > 200);
    // Two precisions are compared, and not one with itself.
    CHECK(at(chart_of(lab, "errors"), "8 × 16 × 256", "output", 1) > kRoundoff / 8);
  }
  const Ended unknown = run_program_as_user({"layer", "--numerics", "layernorm"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("layer_norm"));
  CHECK(run_program_as_user({"layer", "--html", "page.html", "--list"}).code != 0);
}

TEST_CASE("layer --numerics: says in words what is to be seen", "[apps]") {
  const Ended done = run_program_as_user({"layer", "--numerics"});
  CHECK(done.code == 0);
  CHECK_THAT(done.out, ContainsSubstring("one pass: a hundredth of the variance is lost from") &&
                           ContainsSubstring("the norm's output is NaN") &&
                           ContainsSubstring("At the ends of float32"));
}

}  // namespace norma
