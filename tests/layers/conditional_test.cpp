// Norms conditioned from outside, around any statistic.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/layer_registry.h"
#include "layers/layer_run.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/gradcheck.h"

using Catch::Matchers::ContainsSubstring;

namespace norma {
namespace {

struct ConditionalProblem {
  Json spec;
  Shape input, side;  // `side` is `cond`, or `segmentation`
  bool segmentation = false;
};

// The layer with its side input taken from where the check puts it.
MakeModule conditional_maker(const ConditionalProblem& problem) {
  return [=](const Scope& scope) -> std::unique_ptr<Module> {
    const LayerInput input{.shape = problem.input,
                           .cond = problem.segmentation ? Shape() : problem.side,
                           .segmentation = problem.segmentation ? problem.side : Shape()};
    const std::shared_ptr<Module> layer =
        make_layer(scope, make_spec(problem.spec, layer_registry(), "layer"), input);
    return std::make_unique<FunctionModule>(scope, [=](Context& ctx, const Var& x) {
      if (problem.segmentation) ctx.segmentation = ctx.cond;
      return (*layer)(ctx, x);
    });
  };
}

std::vector<ConditionalProblem> problems() {
  std::vector<ConditionalProblem> all;
  for (const char* type : {"ada_layer_norm", "conditional_batch_norm", "film"})
    for (const Json& norm : {Json("rms_norm"), Json("batch_norm"), Json("dyt"),
                             Json{{"type", "group_norm"}, {"groups", 3}}})
      all.push_back({{{"type", type}, {"norm", norm}}, {4, 5, 33}, {4, 7}});
  const Json branch{{"type", "linear"}, {"out", 15}};
  all.push_back({{{"type", "ada_layer_norm"}, {"branch", branch}}, {3, 5, 15}, {3, 2}});
  all.push_back({{{"type", "ada_layer_norm"}}, {3, 4, 3, 15}, {3, 2}});
  all.push_back({{{"type", "ada_instance_norm"}}, {3, 4, 3, 17}, {3, 2, 2, 17}});
  all.push_back({{{"type", "ada_instance_norm"}, {"norm", "layer_norm"}}, {3, 5, 15}, {3, 4, 15}});
  for (const char* norm : {"batch_norm", "rms_norm"})
    all.push_back(
        {{{"type", "spade"}, {"hidden", 5}, {"norm", norm}}, {2, 5, 4, 15}, {2, 3, 2, 3}, true});
  return all;
}

Tensor some_rows(const Shape& input) {
  const std::vector<int64_t> extents = input.vec();
  const Tensor mask =
      Tensor::empty(Shape(std::span(extents).first(extents.size() - 1)), DType::kUInt8);
  for (int64_t i = 0; i < mask.numel(); ++i) mask.data<uint8_t>()[i] = i % 5 != 3;
  return mask;
}

}  // namespace

TEST_CASE("gradients of conditional norms", "[layers]") {
  for (const ConditionalProblem& problem : problems()) {
    INFO(problem.spec.dump());
    gradcheck(conditional_maker(problem), {.input = problem.input, .cond = problem.side});
    gradcheck(conditional_maker(problem),
              {.input = problem.input, .cond = problem.side, .mask = some_rows(problem.input)});
  }
}

TEST_CASE("conditional norms give the same bits for any number of threads", "[layers]") {
  for (const char* type : {"ada_layer_norm", "conditional_batch_norm", "film"})
    check_same_bits(conditional_maker({{{"type", type}}, {6, 65, 130}, {6, 9}}),
                    {.input = {6, 65, 130}, .cond = {6, 9}});
  check_same_bits(conditional_maker({{{"type", "ada_instance_norm"}}, {6, 65, 130}, {6, 33, 130}}),
                  {.input = {6, 65, 130}, .cond = {6, 33, 130}});
  check_same_bits(conditional_maker({{{"type", "spade"}}, {2, 16, 16, 33}, {2, 8, 8, 5}, true}),
                  {.input = {2, 16, 16, 33}, .cond = {2, 8, 8, 5}});
}

TEST_CASE("a conditional norm has no gain and offset of its own", "[layers]") {
  for (const ConditionalProblem& problem : problems()) {
    INFO(problem.spec.dump());
    ParamSet params(DType::kFloat32, 1);
    const auto layer = conditional_maker(problem)(Scope(params));
    CHECK(params.find("norm.weight") == nullptr);
    CHECK(params.find("norm.bias") == nullptr);
  }
}

TEST_CASE("adaLN-Zero starts as the identity", "[layers]") {
  const ConditionalProblem problem{
      {{"type", "ada_layer_norm"}, {"branch", {{"type", "linear"}, {"out", 5}}}},
      {2, 3, 5},
      {2, 4}};
  ParamSet params(DType::kFloat64, 1);
  const auto layer = conditional_maker(problem)(Scope(params));
  params.materialize();
  RandomSequence random(RandomStream(3, 1));
  const auto filled = [&](const Shape& shape) {
    const Tensor made = Tensor::empty(shape, DType::kFloat64);
    for (int64_t i = 0; i < made.numel(); ++i) made.data<double>()[i] = random.normal();
    return made;
  };
  Context ctx;
  ctx.cond = Var{filled(problem.side)};
  const Tensor x = filled(problem.input);
  CHECK((*layer)(ctx, Var{x}).value.to_vector() == x.to_vector());
}

TEST_CASE("a segmentation's padding does not reach its neighbours", "[layers]") {
  RandomSequence random(RandomStream(3, 1));
  const Spec spec = make_spec(Json{{"type", "spade"}, {"hidden", 4}}, layer_registry(), "spade");
  // (1,2,3,w) images of width 3, padded to 5 columns with NaN.
  NamedTensors narrow, wide;
  const Tensor mask = Tensor::zeros({1, 3, 5}, DType::kUInt8);
  for (const char* name : {"input", "segmentation"}) {
    narrow[name] = Tensor::empty({1, 2, 3, 3}, DType::kFloat64);
    wide[name] = Tensor::full({1, 2, 3, 5}, DType::kFloat64, std::nan(""));
    for (int64_t i = 0; i < 18; ++i) {
      const double value = random.normal();
      narrow[name].data<double>()[i] = value;
      wide[name].data<double>()[i / 3 * 5 + i % 3] = value;
      mask.data<uint8_t>()[i % 9 / 3 * 5 + i % 3] = 1;
    }
  }
  wide["mask"] = mask;
  const Tensor y = run_layer(spec, narrow, {.dtype = DType::kFloat64}).at("output");
  const Tensor padded = run_layer(spec, wide, {.dtype = DType::kFloat64}).at("output");
  for (int64_t i = 0; i < 30; ++i) {
    const double expected = i % 5 < 3 ? y.data<double>()[i / 5 * 3 + i % 5] : 0.0;
    CHECK(padded.data<double>()[i] == Approx(expected).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("conditional norms say what they miss", "[layers]") {
  const Tensor x = Tensor::zeros({2, 3, 4, 4}, DType::kFloat64);
  const auto run = [&](const char* type, const NamedTensors& in) {
    run_layer(make_spec(Json(type), layer_registry(), type), in, {.dtype = DType::kFloat64});
  };
  CHECK_THROWS_WITH(run("film", {{"input", x}}), ContainsSubstring("cond"));
  CHECK_THROWS_WITH(run("spade", {{"input", x}}), ContainsSubstring("segmentation"));
  CHECK_THROWS_WITH(run("film", {{"input", x}, {"cond", Tensor::zeros({3, 4}, DType::kFloat64)}}),
                    ContainsSubstring("(3, 4)"));
  CHECK_THROWS_WITH(run("ada_instance_norm",
                        {{"input", x}, {"cond", Tensor::zeros({2, 5, 4, 4}, DType::kFloat64)}}),
                    ContainsSubstring("(2, 4, 4, 5)"));
}

}  // namespace norma
