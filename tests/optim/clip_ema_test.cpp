#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/weights/unit_weight.h"
#include "optim/clip.h"
#include "optim/ema.h"
#include "tests/catch.h"

namespace norma {
namespace {

// A weight of two units, a gain, and the final layer.
struct Params {
  Params() : set(DType::kFloat64, 1) {
    weight = &set.add("layer.weight", {2, 3}, ParamKind::kWeight, Init::constant(0));
    gain = &set.add("layer.gain", {2}, ParamKind::kGain, Init::constant(0));
    head = &set.add("head.weight", {1, 2}, ParamKind::kWeight, Init::constant(0));
    head->output_layer = true;
    set.materialize();
    fill(weight->value, {3, 0, 4, 0, 0, 0});
    fill(gain->value, {0.6, 0.8});
    fill(head->value, {1, 1});
    fill(weight->grad, {6, 0, 8, 0, 1, 0});
    fill(gain->grad, {0.003, 0.004});
    fill(head->grad, {100, -100});
  }
  static void fill(const Tensor& tensor, const std::vector<double>& values) {
    tensor.copy_from(Tensor::from(values, tensor.shape(), DType::kFloat64));
  }
  ParamSet set;
  Param *weight, *gain, *head;
};

std::unique_ptr<Clip> clip_of(const Json& spec) {
  return make_clip(make_spec(spec, clip_registry(), "the clip"));
}

void check(const Tensor& found, const std::vector<double>& expected) {
  for (size_t i = 0; i < expected.size(); ++i)
    CHECK(found.item(static_cast<int64_t>(i)) == Approx(expected[i]).margin(1e-15));
}

}  // namespace

TEST_CASE("clipping by value bounds the mean gradient's elements", "[optim]") {
  Params params;
  // Gradients are sums over 4 targets: the mean is a quarter.
  clip_of({{"type", "value"}, {"max", 0.5}})->apply(params.set, 0.25, 1);
  check(params.weight->grad, {2, 0, 2, 0, 1, 0});
  check(params.gain->grad, {0.003, 0.004});
  check(params.head->grad, {2, -2});
}

TEST_CASE("adaptive clipping holds each unit to a share of its weight", "[optim]") {
  Params params;
  const Clipped clipped =
      clip_of({{"type", "agc"}, {"lambda", 0.1}, {"eps", 1e-3}})->apply(params.set, 1, 1);
  // ‖(3,0,4)‖ = 5 allows a gradient of length 0.5; a unit of zeros allows λ·ε; the gain is one
  // vector of length 1, whose gradient is short enough; the final layer is left alone.
  check(params.weight->grad, {0.3, 0, 0.4, 0, 1e-4, 0});
  check(params.gain->grad, {0.003, 0.004});
  check(params.head->grad, {100, -100});
  CHECK(clipped.units == 3);
  CHECK(clipped.units_clipped == 2);
}

TEST_CASE("adaptive clipping of the output layer is warned of", "[optim]") {
  Params params;
  CHECK(clip_of({{"type", "agc"}})->warning(params.set).empty());
  CHECK(clip_of({{"type", "norm"}})->warning(params.set).empty());
  const auto all = clip_of({{"type", "agc"}, {"final_layer", true}});
  CHECK_THAT(all->warning(params.set), Catch::Matchers::ContainsSubstring("head.weight"));
  CHECK(all->apply(params.set, 1, 1).units == 4);
}

TEST_CASE("the average of weights follows its formula and changes places with them", "[optim]") {
  Params params;
  WeightAverage average(params.set, 0.9);
  double expected = 0.6;
  for (int64_t step = 1; step <= 200; ++step) {
    const double value = std::sin(static_cast<double>(step));
    params.gain->value.data<double>()[0] = value;
    average.update(params.set, step);
    const double s = static_cast<double>(step), decay = std::min(0.9, (1 + s) / (10 + s));
    expected += (1 - decay) * (value - expected);
  }
  const double trained = params.gain->value.item(0);
  average.swap(params.set);
  CHECK(params.gain->value.item(0) == Approx(expected).epsilon(1e-13));
  average.swap(params.set);
  CHECK(params.gain->value.item(0) == trained);
}

TEST_CASE("an average of weights that are kept at length 1 has length 1", "[optim]") {
  ParamSet params(DType::kFloat64, 1);
  const Scope scope(params);
  Param& weight = scope.param("weight", {3, 17}, ParamKind::kWeight, Init::normal(1));
  keep_unit_length(scope, weight);
  params.materialize();
  WeightAverage average(params, 0.9);
  for (int64_t step = 1; step <= 5; ++step) {
    RandomSequence random(RandomStream(3, static_cast<uint64_t>(step)));
    for (int64_t i = 0; i < weight.numel(); ++i) weight.value.data<double>()[i] = random.normal();
    params.updated();
    const std::vector<double> trained = weight.value.to_vector();
    average.update(params, step);
    CHECK(weight.value.to_vector() == trained);
  }
  average.swap(params);
  for (int64_t row = 0; row < 3; ++row) {
    double squares = 0;
    for (int64_t c = 0; c < 17; ++c) squares += std::pow(weight.value.item(row * 17 + c), 2);
    CHECK(squares == Approx(1).epsilon(1e-14));
  }
}

}  // namespace norma
