// Norms given as text, beside the same norms in C++, and what is said of mistakes.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/formula_twins.h"
#include "tests/layers/norm_specs.h"
#include "tests/specimen.h"
#include "tests/table.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

const Tensor& grad_of(const Results& results, const std::string& name) {
  const auto at = std::find(results.names.begin(), results.names.end(), name);
  REQUIRE(at != results.names.end());
  return results.grads[static_cast<size_t>(at - results.names.begin())];
}

// The worst difference between what both leave, relative to the largest number of each tensor, or
// of all gradients where a tensor cancels.
double distance(const Results& text, const Results& built_in) {
  REQUIRE(text.names.size() == built_in.names.size());
  double most = 0;
  for (const Tensor& grad : built_in.grads) most = std::max(most, largest_magnitude(grad));
  double worst = relative_difference(text.output, built_in.output);
  for (const std::string& name : built_in.names) {
    const Tensor &expected = grad_of(built_in, name), &found = grad_of(text, name);
    const double scale = std::max(largest_magnitude(expected), 1e-3 * most);
    worst = std::max(worst, largest_difference(found, expected) / scale);
  }
  return worst;
}

std::vector<std::string> mistakes_in(Json norm) {
  norm["type"] = "formula";
  try {
    make_spec(norm, norm_registry(), "a.json");
  } catch (const ConfigError& error) {
    std::vector<std::string> all;
    for (const Fault& fault : error.faults()) all.push_back(fault.str());
    return all;
  }
  return {};
}

std::string only_mistake_in(const Json& norm) {
  const std::vector<std::string> all = mistakes_in(norm);
  INFO(norm.dump());
  for (const std::string& each : all) UNSCOPED_INFO(each);
  CHECK(all.size() == 1);
  return all.empty() ? "" : all[0];
}

// The state of a norm after some training steps, and its output in eval.
std::vector<Numbers> after_training(const Json& norm, const Shape& shape, const Tensor& mask) {
  ParamSet params(DType::kFloat64, 3);
  const auto made = maker_of(norm, shape.back())(Scope(params));
  params.materialize();
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.mask = mask;
  for (const char* step : {"one", "two", "three"}) {
    ctx.training = true;
    (*made)(ctx, Var{Tensor::from(normal_numbers(step, shape.numel()), shape, DType::kFloat64)});
  }
  ctx.training = false;
  const Tensor x = Tensor::from(normal_numbers("eval", shape.numel()), shape, DType::kFloat64);
  std::vector<Numbers> left{(*made)(ctx, Var{x}).value.to_vector()};
  for (const Buffer& buffer : params.buffers()) left.push_back(buffer.value.to_vector());
  return left;
}

}  // namespace

TEST_CASE("norms from text equal those in C++", "[layers][table]") {
  Table table("worst of a norm from text against the same in C++, float64");
  for (const int64_t channels : {6, 33, 600})
    for (const FormulaTwin& twin : formula_twins(3))
      for (const bool masked : {false, true})
        for (const bool training : {true, false}) {
          INFO(twin.name << ", " << channels << " channels, masked " << masked << ", training "
                         << training);
          Gradcheck with{.input = {6, 5, channels}};
          if (masked) with.mask = mask_with_gaps(6, 5);
          const auto results = [&](const Json& norm) {
            return Specimen(maker_of(norm, channels), with, DType::kFloat64, training)
                .forward_backward();
          };
          const double apart = distance(results(twin.text), results(twin.built_in));
          CHECK(apart <= 1e-12);
          table.worst(twin.name, training ? "train" : "eval", apart);
        }
}

TEST_CASE("norms from text keep the running statistics of those in C++", "[layers]") {
  int with_state = 0;
  for (const FormulaTwin& twin : formula_twins(3))
    for (const Tensor& mask : {Tensor(), mask_with_gaps(4, 5)}) {
      INFO(twin.name);
      const std::vector<Numbers> built_in = after_training(twin.built_in, {4, 5, 6}, mask);
      const std::vector<Numbers> text = after_training(twin.text, {4, 5, 6}, mask);
      REQUIRE(text.size() == built_in.size());
      with_state += text.size() > 1;
      for (size_t i = 0; i < text.size(); ++i)
        for (size_t j = 0; j < text[i].size(); ++j)
          CHECK(text[i][j] == Approx(built_in[i][j]).epsilon(1e-12).margin(1e-12));
    }
  CHECK(with_state == 2);
}

TEST_CASE("formulas of every kind have right gradients", "[layers]") {
  const auto check = [](Json norm, const Shape& input) {
    norm["type"] = "formula";
    INFO(norm.dump());
    gradcheck(maker_of(norm, input.back()), {.input = input});
  };
  // Moments in the map, statistics made of others, a statistic a channel that is no rsqrt.
  check({{"map", "(x - 0.5 * m) / sqrt(ms + n * eps) * w"}}, {4, 5, 17});
  check({{"stat", {{"s", "v + eps"}, {"r", "1 / sqrt(s)"}, {"l", "log1p(s)"}}},
         {"map", "-(m - x) * r * l + b"}},
        {4, 5, 17});
  check({{"domain", "channel"}, {"stat", "ms + eps"}, {"map", "x / r ^ 0.5 * w"}}, {4, 5, 9});
  check({{"domain", "channel"}, {"map", "(x - m) * w"}}, {4, 5, 9});
  check({{"domain", "group"},
         {"groups", 2},
         {"map", "x * sigmoid(x * gate) * r * w + b"},
         {"params", {{"gate", {{"init", 1}}}}}},
        {4, 5, 6});
  // A scalar parameter under either loop, functions with corners, comparisons.
  for (const char* domain : {"row", "sample_channel"})
    check({{"domain", domain},
           {"map", "select(u > 0, u * r, a * expm1(u * r)) + clamp(x, -1, 1) * w + abs(x)"},
           {"params", {{"a", {{"init", 0.3}, {"per", "scalar"}}}}}},
          {4, 5, 17});
}

TEST_CASE("a branch that is not taken has no say in the gradient", "[layers]") {
  const Json norm{{"type", "formula"},
                  {"domain", "none"},
                  {"map", "select(x > 0, sqrt(max(x, 0)), 0) * w + max(sqrt(max(x, 0)), 1)"}};
  Gradcheck with{.input = {2, 3}};
  with.x = Tensor::from(Numbers{-1, 0, 4, -2, 9, 0}, {2, 3}, DType::kFloat64);
  for (const DType dtype : {DType::kFloat64, DType::kFloat32})
    for (const Tensor& grad :
         Specimen(maker_of(norm, 3), with, dtype, true).forward_backward().grads)
      for (const double number : grad.to_vector()) CHECK(std::isfinite(number));
}

TEST_CASE("x - m is computed accurately however it is written", "[layers]") {
  const Shape shape{4, 64};
  Numbers x = normal_numbers("x", shape.numel());
  for (double& number : x) number = static_cast<float>(2000 + 1e-2 * number);
  const auto output = [&](const char* map, DType dtype) {
    ParamSet params(dtype, 3);
    const auto norm = maker_of({{"type", "formula"}, {"map", map}}, 64)(Scope(params));
    params.materialize();
    Context ctx;
    ctx.dtype = dtype;
    return (*norm)(ctx, Var{Tensor::from(x, shape, dtype)}).value;
  };
  for (const char* map : {"(x - m) * r", "u * r", "-(m - x) * r", "(-m + x) * r", "(x + b - m) * r",
                          "(b - (m - x)) * r"}) {
    INFO(map);
    CHECK(largest_difference(output(map, DType::kFloat32).to(DType::kFloat64),
                             output(map, DType::kFloat64)) < 1e-4);
  }
}

TEST_CASE("mistakes in a formula are shown in their place", "[layers]") {
  const std::string unknown = only_mistake_in({{"map", "(x - mm) * r * w + b"}});
  CHECK_THAT(unknown, ContainsSubstring("map: found"));
  CHECK_THAT(unknown, ContainsSubstring("not mm; did you mean m?"));
  CHECK_THAT(unknown, ContainsSubstring("\n    (x - mm) * r * w + b\n         ^"));
  CHECK_THAT(only_mistake_in({{"domain", "none"}, {"map", "tanh(x * v)"}}),
             ContainsSubstring("no v where the domain is none"));
  CHECK_THAT(only_mistake_in({{"domain", "none"}, {"stat", "v"}, {"map", "x"}}),
             ContainsSubstring("null where the domain is none"));
  CHECK_THAT(only_mistake_in({{"map", "x * w"}}), ContainsSubstring("a statistic in the map"));
  CHECK_THAT(only_mistake_in({{"map", "r * w"}}), ContainsSubstring("x, the element"));
  CHECK_THAT(only_mistake_in({{"stat", {{"r", "rsqrt(v)"}, {"s", "v"}}}}),
             ContainsSubstring("uses s, or no s"));
  CHECK_THAT(only_mistake_in({{"params", {{"a", Json::object()}}}}),
             ContainsSubstring("uses a, or no a"));
  CHECK_THAT(only_mistake_in({{"stat", "rsqrt(v + w)"}}), ContainsSubstring("what is learned"));
  CHECK_THAT(only_mistake_in({{"stat", "rsqrt(x + eps)"}}), ContainsSubstring("no x in a stat"));
  CHECK_THAT(only_mistake_in({{"stat", "rsqrt(v, eps)"}}),
             ContainsSubstring("1 argument for rsqrt, not 2"));
  CHECK_THAT(only_mistake_in({{"stat", "rsqr(v + eps)"}}),
             ContainsSubstring("did you mean rsqrt?"));
  CHECK_THAT(only_mistake_in({{"map", "(x - m) * r * w +"}}), ContainsSubstring("before the end"));
  CHECK_THAT(only_mistake_in({{"map", "(x - m * r"}}), ContainsSubstring("a ) for this ("));
  CHECK_THAT(only_mistake_in({{"map", "x r"}}), ContainsSubstring("an operator"));
  CHECK_THAT(only_mistake_in({{"map", "x * r ^ 2.5"}}), ContainsSubstring("as exponent"));
  CHECK_THAT(only_mistake_in({{"map", "x * (r > 2)"}}), ContainsSubstring("argument of select"));
  CHECK_THAT(only_mistake_in({{"map", "select(x, r, w)"}}), ContainsSubstring("a comparison"));
  CHECK_THAT(only_mistake_in({{"domain", "channel"}, {"stat", "rsqrt(v * n)"}}),
             ContainsSubstring("track_running_stats"));
  CHECK_THAT(only_mistake_in({{"params", {{"tanh", Json::object()}}}}),
             ContainsSubstring("which is a function"));
  CHECK_THAT(only_mistake_in({{"params", {{"w", {{"init", 2}, {"pre", "channel"}}}}}}),
             ContainsSubstring("not pre"));
  CHECK_THAT(only_mistake_in({{"map", "x·r"}}), ContainsSubstring("one of names, numbers"));
  CHECK(
      mistakes_in({{"domain", "channel"}, {"stat", "rsqrt(v * n)"}, {"track_running_stats", false}})
          .empty());
}

TEST_CASE("all mistakes of a formula are told at once", "[layers]") {
  const std::vector<std::string> all = mistakes_in({{"stat", "rsqrt(vv + x)"},
                                                    {"map", "(x - mean) * r * foo(2) + tanh(1, 2)"},
                                                    {"params", {{"a", {{"per", "row"}}}}},
                                                    {"constants", {{"k", "1"}}}});
  CHECK(all.size() == 7);
}

TEST_CASE("state of a formula has PyTorch's names", "[layers]") {
  ParamSet params(DType::kFloat32, 1);
  const auto norm =
      maker_of({{"type", "formula"},
                {"domain", "channel"},
                {"stat", "rsqrt(ms + eps)"},
                {"map", "max(x * r * w + b, tau) * g"},
                {"params", {{"tau", {{"init", -1}}}, {"g", {{"init", 2}, {"per", "scalar"}}}}}},
               5)(Scope(params));
  params.materialize();
  std::map<std::string, int64_t> found;
  for (const Param& param : params.params()) found[param.name] = param.numel();
  CHECK(found == std::map<std::string, int64_t>{{"weight", 5}, {"bias", 5}, {"tau", 5}, {"g", 1}});
  std::vector<std::string> buffers;
  for (const Buffer& buffer : params.buffers()) buffers.push_back(buffer.name);
  CHECK(buffers ==
        std::vector<std::string>{"running_mean", "running_mean_square", "num_batches_tracked"});
}

}  // namespace norma
