// How far a step moves a transformer with DeepNorm, and the bound on that.
#include <nlohmann/json.hpp>

#include "apps/gauges/branch_step.h"
#include "apps/gauges/gauges.h"
#include "apps/gauges/theory.h"
#include "tests/apps/small_trainings.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json deep_gpt(const std::string& placement, int layers) {
  return {
      {"model",
       {{"type", "gpt"},
        {"layers", layers},
        {"width", 16},
        {"heads", 2},
        {"context", 9},
        {"placement", placement},
        {"ffn", {{"hidden", 24}, {"activation", "relu"}}}}},
      {"data",
       {{"type", "associative_recall"}, {"pairs", 3}, {"queries", 2}, {"keys", 5}, {"values", 4}}},
      {"train", {{"batch", 6}, {"precision", "fp64"}}}};
}

// The largest singular value of some rows, by 500 plain products with the transposed and back.
double stretch(const Param& weight, size_t first, size_t rows) {
  const auto columns = static_cast<size_t>(weight.shape[1]);
  const Numbers all = weight.value.to_vector();
  Numbers v(columns, 1.0);
  double norm = 0;
  for (int step = 0; step < 500; ++step) {
    Numbers next(columns);
    for (size_t row = first; row < first + rows; ++row) {
      double image = 0;
      for (size_t c = 0; c < columns; ++c) image += all[row * columns + c] * v[c];
      for (size_t c = 0; c < columns; ++c) next[c] += all[row * columns + c] * image;
    }
    norm = length(next);
    for (size_t c = 0; c < columns; ++c) v[c] = next[c] / norm;
  }
  return std::sqrt(norm);
}

}  // namespace

TEST_CASE("theory: a step moves a transformer with DeepNorm within the bound", "[gauges]") {
  for (const int layers : {1, 6}) {
    Training training(run_config_of(deep_gpt("deep_norm", layers)));
    const Prediction bound = predict("deep_norm_update", training);
    CHECK(bound.why_not == "");
    const std::vector<double> moved = read_gauge(training, "norm_update");
    REQUIRE(moved.size() == static_cast<size_t>(2 * layers));
    CHECK(deviation(bound, moved) == 0);
    for (size_t i = 0; i < moved.size(); ++i) {
      CHECK(moved[i] > 0.01 * bound.high[i]);  // and the bound is one that matters
      if (i > 0) CHECK(bound.high[i] > bound.high[i - 1]);
    }
  }
}

TEST_CASE("theory: the bound of DeepNorm is that of plain loops", "[gauges]") {
  Training training(run_config_of(deep_gpt("deep_norm", 2)));
  const Prediction bound = predict("deep_norm_update", training);
  LossSurface surface(training);
  const Direction step = branch_step(surface);
  double weights = 0, sum = 0;
  size_t i = 0;
  for (int block = 0; block < 2; ++block)
    for (const auto& [first, last] : {std::pair{".attn.qkv.weight", ".attn.out.weight"},
                                      {".ffn.up.weight", ".ffn.down.weight"}}) {
      const std::string path = "blocks." + std::to_string(block);
      ParamSet& params = training.params();
      const Param &a = *params.find(path + first), &b = *params.find(path + last);
      const bool attention = a.shape[0] == 48;
      const double v =
          attention ? std::hypot(stretch(a, 32, 8), stretch(a, 40, 8)) : stretch(a, 0, 24);
      const double w = stretch(b, 0, 16);
      const double moved =
          std::hypot(length(part_of(step, params, a)), length(part_of(step, params, b)));
      sum += std::hypot(v, w) * moved / std::sqrt(2.0);  // α = 4^¼
      CHECK(bound.high[i++] == Approx(sum).epsilon(1e-3));
      weights +=
          std::pow(length(a.value.to_vector()), 2) + std::pow(length(b.value.to_vector()), 2);
    }
  CHECK(length(step) == Approx(1e-3 * std::sqrt(weights)).epsilon(1e-9));
}

TEST_CASE("theory: DeepNorm's bound says where it does not apply", "[gauges]") {
  const auto why_not = [](const std::string& option, const Json& value) {
    Json json = deep_gpt("deep_norm", 1);
    json["model"][option] = value;
    Training training(run_config_of(json));
    return predict("deep_norm_update", training).why_not;
  };
  CHECK_THAT(why_not("placement", "post"), ContainsSubstring("and not \"deep_norm\""));
  CHECK_THAT(why_not("ffn", {{"activation", "swiglu"}}), ContainsSubstring("without a steepest"));
  CHECK_THAT(why_not("kv_heads", 1), ContainsSubstring("heads share their values"));
  CHECK_THAT(why_not("qk_norm", "rms_norm"), ContainsSubstring("other norms than one behind"));
  Training mlp(run_config_of(small_mlp()));
  CHECK_THAT(predict("deep_norm_update", mlp).why_not, ContainsSubstring("no stack of attention"));
  CHECK_THROWS_WITH(read_gauge(mlp, "norm_update"), ContainsSubstring("no gradient reaches"));
}

}  // namespace norma
