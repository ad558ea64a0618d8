#include "layers/dropout.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule dropout_of(double p) {
  return [=](const Scope& scope) { return std::make_unique<Dropout>(scope, p); };
}
MakeModule depth_of(double p) {
  return [=](const Scope& scope) { return std::make_unique<StochasticDepth>(scope, p); };
}

std::vector<double> run(const MakeModule& make, const Tensor& x, int64_t first_sample,
                        bool training = true, int64_t step = 0) {
  ParamSet set(DType::kFloat32, 1);
  const auto module = make(Scope(set, "blocks.1.drop"));
  set.materialize();
  Context ctx;
  ctx.training = training;
  ctx.seed = 42;
  ctx.step = step;
  ctx.begin_forward(first_sample);
  return (*module)(ctx, {x}).value.to_vector();
}

TEST_CASE("dropout and stochastic depth have the right gradients") {
  for (const int64_t size : {1, 15, 17, 33}) {
    gradcheck(dropout_of(0.4), {.input = {3, size}});
    gradcheck(depth_of(0.4), {.input = {5, 3, size}});
  }
  check_same_bits(dropout_of(0.1), {.input = {5, 3, 1031}});
  check_same_bits(depth_of(0.1), {.input = {5, 3, 1031}});
}

TEST_CASE("dropout drops the share asked for and scales the rest") {
  for (const double p : {0.1, 0.5, 0.9}) {
    const Tensor ones = Tensor::full({10, 10000}, DType::kFloat32, 1);
    const auto y = run(dropout_of(p), ones, 0);
    const auto zeros = std::count(y.begin(), y.end(), 0.0);
    // Five standard deviations of a binomial share.
    CHECK(std::abs(static_cast<double>(zeros) / 1e5 - p) < 5 * std::sqrt(p * (1 - p) / 1e5));
    const auto kept = std::count_if(y.begin(), y.end(), [&](double value) {
      return value == Approx(1 / (1 - p)).epsilon(1e-6);
    });
    CHECK(zeros + kept == 100000);
  }
}

TEST_CASE("the mask follows the sample through micro-batches") {
  const int64_t per_sample = 1030;
  const Tensor ones = Tensor::full({6, per_sample}, DType::kFloat32, 1);
  for (const auto& make : {dropout_of(0.5), depth_of(0.5)}) {
    const auto whole = run(make, ones, 100);
    auto parts = run(make, ones.slice(0, {2, per_sample}), 100);
    const auto rest = run(make, ones.slice(0, {4, per_sample}), 102);
    parts.insert(parts.end(), rest.begin(), rest.end());
    CHECK(parts == whole);
    CHECK(run(make, ones, 101) != whole);
    CHECK(run(make, ones, 100, true, 1) != whole);
    CHECK(run(make, ones, 100) == whole);
  }
}

TEST_CASE("two calls of one dropout draw different masks") {
  ParamSet set(DType::kFloat32, 1);
  Dropout layer(Scope(set, "drop"), 0.5);
  Context ctx;
  ctx.training = true;
  const Var ones{Tensor::full({1, 1000}, DType::kFloat32, 1)};
  CHECK(layer(ctx, ones).value.to_vector() != layer(ctx, ones).value.to_vector());
}

TEST_CASE("stochastic depth keeps or drops whole samples") {
  const auto y = run(depth_of(0.5), Tensor::full({64, 33}, DType::kFloat32, 1), 0);
  int dropped = 0;
  for (size_t i = 0; i < y.size(); i += 33) {
    CHECK((y[i] == 0.0 || y[i] == 2.0));
    CHECK(std::count(y.begin() + i, y.begin() + i + 33, y[i]) == 33);
    dropped += y[i] == 0.0;
  }
  CHECK(dropped > 12);
  CHECK(dropped < 52);
}

TEST_CASE("dropping all is refused where the config is read") {
  for (const char* const type : {"dropout", "stochastic_depth"}) {
    const Spec spec = make_spec(Json{{"type", type}, {"p", 0.9}}, layer_registry(), "test");
    ParamSet set(DType::kFloat32, 1);
    CHECK(make_layer(Scope(set), spec, {}));
    CHECK_THROWS_WITH(make_spec(Json{{"type", type}, {"p", 1}}, layer_registry(), "test"),
                      ContainsSubstring("p: found 1, expected"));
  }
}

TEST_CASE("in evaluation both are the identity and drop_scale stands for ones") {
  const Tensor x = Tensor::full({2, 33}, DType::kFloat32, 3);
  CHECK(run(dropout_of(0.9), x, 0, false) == x.to_vector());
  CHECK(run(depth_of(0.9), x, 0, false) == x.to_vector());
  Context ctx;
  CHECK_FALSE(drop_scale(ctx, 0.9, 4).defined());
  ctx.training = true;
  CHECK_FALSE(drop_scale(ctx, 0, 4).defined());
}

}  // namespace
}  // namespace norma
