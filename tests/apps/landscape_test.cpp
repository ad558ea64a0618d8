// The loss around the weights: walks, slices, and that nothing is left behind.
#include "apps/landscape/landscape.h"

#include <nlohmann/json.hpp>

#include "tests/apps/small_trainings.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Everything that moves besides weights: batch statistics, power iterations, dropout, an average.
Json restless_resnet(const std::string& precision) {
  Json json = small_resnet();
  json["model"]["drop_path"] = 0.3;
  json["model"]["reparam"] = "spectral_norm";
  json["train"]["precision"] = precision;
  json["train"]["accumulate"] = 2;
  json["train"]["ema"] = 0.9;
  return json;
}

// Mixtures of experts add terms to the loss.
Json mixed_gpt() {
  return {
      {"model",
       {{"type", "gpt"},
        {"layers", 1},
        {"width", 8},
        {"heads", 2},
        {"context", 9},
        {"dropout", 0.1},
        {"ffn", {{"router", {{"type", "top_k"}, {"experts", 3}, {"k", 1}}}}}}},
      {"data",
       {{"type", "associative_recall"}, {"pairs", 3}, {"queries", 2}, {"keys", 5}, {"values", 4}}},
      {"train", {{"batch", 6}, {"precision", "fp64"}}}};
}

LandscapeOptions everything(const std::string& mode, int64_t batches = 1) {
  LandscapeOptions options;
  options.mode = mode;
  options.batches = batches;
  options.walk_points = 2;
  options.line_points = 3;
  options.plane_points = 2;
  options.reach = 0.3;
  return options;
}

void check_same_state(const Training& a, const Training& b) {
  const io::CheckpointContent mine = a.snapshot(), other = b.snapshot();
  CHECK(mine.state_json == other.state_json);
  REQUIRE(mine.tensors.size() == other.tensors.size());
  for (const auto& [file, tensors] : mine.tensors)
    for (size_t i = 0; i < tensors.size(); ++i) {
      INFO(tensors[i].name);
      const io::TensorView& twin = other.tensors.at(file).at(i);
      CHECK(std::memcmp(tensors[i].data, twin.data, twin.bytes) == 0);
    }
}

// The gradient of the mean loss, read without a LossSurface.
Numbers plain_gradient(Training& training) {
  Numbers gradient;
  training.rehearse(nullptr, 1, [&](double targets) {
    for (const Param& param : training.params().params())
      for (const double each : param.grad.to_vector()) gradient.push_back(each / targets);
  });
  return gradient;
}

void shift_by(Training& training, double factor, const Numbers& direction) {
  size_t i = 0;
  for (Param& param : training.params().params())
    for (int64_t k = 0; k < param.numel(); ++k)
      param.value.data<double>()[k] += factor * direction[i++];
  training.params().touch();
}

}  // namespace

TEST_CASE("landscape: looking around leaves no trace in a training", "[landscape]") {
  for (const auto& [precision, mode] : {std::pair{"fp32", "train"}, {"fp64", "eval"}}) {
    INFO(precision << ", " << mode);
    Training looked(run_config_of(restless_resnet(precision))),
        plain(run_config_of(restless_resnet(precision)));
    for (int step = 0; step < 2; ++step) {
      survey(looked, everything(mode));
      check_same_state(looked, plain);
      CHECK(looked.step().loss == plain.step().loss);
    }
    CHECK(looked.evaluate(Split::kTest)->loss == plain.evaluate(Split::kTest)->loss);
    check_same_state(looked, plain);
  }
}

TEST_CASE("landscape: the loss is that of the step to come, in training or in eval",
          "[landscape]") {
  Json json = restless_resnet("fp64");
  json["model"].erase("reparam");  // a step carries the power iteration on before it looks
  Training training(run_config_of(json));
  train_for(training, 2);
  LossSurface in_training(training), in_eval(training, {.training = false});
  const double loss = in_training.loss();
  CHECK(in_training.loss() == loss);  // the same random numbers again
  CHECK(in_training.targets() == 16);
  CHECK(std::abs(in_eval.loss() - loss) > 1e-4 * loss);
  CHECK(training.step().loss == Approx(loss).epsilon(1e-13));
  // Two batches: the mean over both.
  Training first(run_config_of(small_mlp("layer_norm")));
  LossSurface both(first, {.batches = 2});
  const double mean = both.loss();
  CHECK(both.targets() == 32);
  LossSurface one(first);
  CHECK(std::abs(one.loss() - mean) > 1e-6);
}

TEST_CASE("landscape: the gradient is that of the loss", "[landscape]") {
  for (const Json& json : {mixed_gpt(), restless_resnet("fp64")})
    for (const bool training : {true, false}) {
      INFO(json["model"]["type"] << (training ? " in training" : " in eval"));
      Training model(run_config_of(json));
      train_for(model, 1);
      LossSurface surface(model, {.training = training});
      Direction gradient;
      CHECK(surface.gradient({}, gradient) == surface.loss());
      const double norm = length(gradient), step = 1e-5;
      Direction shift = gradient;
      for (double& each : shift) each *= step / norm;
      const double ahead = surface.loss(shift);
      for (double& each : shift) each = -each;
      CHECK((ahead - surface.loss(shift)) / (2 * step) == Approx(norm).epsilon(1e-5));
    }
}

TEST_CASE("landscape: a walk along the gradient meets what is there", "[landscape]") {
  Json json = small_mlp();
  json["optim"] = {{"type", "sgd"}, {"lr", 0.3}};
  Training training(run_config_of(json));
  LossSurface surface(training);
  const GradientWalk walk = walk_along_gradient(surface, {}, 3);
  const Numbers start = plain_gradient(training);
  CHECK(walk.gradient_norm == Approx(length(start)).epsilon(1e-12));
  REQUIRE(walk.eta.size() == 3);
  double most_apart = 0, most_bent = 0;
  for (size_t i = 0; i < 3; ++i) {
    CHECK(walk.eta[i] == Approx(0.1 * static_cast<double>(i + 1)));
    Training moved(run_config_of(json));
    shift_by(moved, -walk.eta[i], start);
    Numbers apart = plain_gradient(moved);
    for (size_t k = 0; k < apart.size(); ++k) apart[k] -= start[k];
    CHECK(walk.apart[i] == Approx(length(apart)).epsilon(1e-9));
    CHECK(walk.smoothness[i] ==
          Approx(length(apart) / (walk.eta[i] * length(start))).epsilon(1e-9));
    CHECK(walk.losses[i] == Approx(moved.rehearse(Rehearsal{}).loss).epsilon(1e-12));
    most_apart = std::max(most_apart, walk.apart[i]);
    most_bent = std::max(most_bent, walk.smoothness[i]);
  }
  CHECK(walk.predictiveness == most_apart);
  CHECK(walk.effective_beta == most_bent);
  CHECK(walk.lowest_loss < walk.loss);
  CHECK(walk.highest_loss == walk.loss);
}

TEST_CASE("landscape: a walk out of all bounds says so", "[landscape]") {
  Training training(run_config_of(small_mlp("identity")));
  LossSurface surface(training);
  const GradientWalk walk = walk_along_gradient(surface, 1e300, 1);
  CHECK(!std::isfinite(walk.losses[0]));
  LandscapeOptions options;
  options.walk_reach = 1e300;
  options.eigenvalues = 0;
  const Json json = landscape_json(survey(training, options));
  CHECK(json["walk"]["loss"][0].is_null());
  CHECK(json["walk"]["effective_beta"].is_null());
}

TEST_CASE("landscape: directions have filters as long as the weights'", "[landscape]") {
  Training training(run_config_of(restless_resnet("fp64")));
  const Direction one = filter_normalized(training, 7, 0), two = filter_normalized(training, 7, 1);
  CHECK(one == filter_normalized(training, 7, 0));
  size_t begin = 0;
  for (const Param& param : training.params().params()) {
    INFO(param.name);
    const auto size = static_cast<size_t>(param.numel());
    const auto rows = static_cast<size_t>(param.shape[0]);
    const Numbers weights = param.value.to_vector();
    const bool moves = param.kind == ParamKind::kWeight;
    for (size_t row = 0; row < rows; ++row) {
      const std::span mine(one.data() + begin + row * (size / rows), size / rows);
      const double wanted = length(std::span(weights).subspan(row * (size / rows), size / rows));
      CHECK(length(mine) == Approx(moves ? wanted : 0).epsilon(1e-12));
    }
    begin += size;
  }
  double product = 0;
  for (size_t i = 0; i < one.size(); ++i) product += one[i] * two[i];
  CHECK(std::abs(product) < 0.2 * length(one) * length(two));
}

TEST_CASE("landscape: slices go through the weights", "[landscape]") {
  Training training(run_config_of(small_mlp()));
  LossSurface surface(training);
  const Direction one = filter_normalized(training, 0, 0), two = filter_normalized(training, 0, 1);
  const LossLine line = slice(surface, one, 0.5, 5);
  CHECK(line.at == Numbers{-0.5, -0.25, 0, 0.25, 0.5});
  CHECK(line.losses[2] == surface.loss());
  const LossPlane plane = slice(surface, one, two, 0.5, 3);
  REQUIRE(plane.losses.size() == 3);
  CHECK(plane.losses[1] == Numbers{line.losses[0], line.losses[2], line.losses[4]});
  Training moved(run_config_of(small_mlp()));
  shift_by(moved, 0.5, one);
  shift_by(moved, -0.5, two);
  CHECK(plane.losses[0][2] == Approx(moved.rehearse(Rehearsal{}).loss).epsilon(1e-12));
  CHECK_THROWS_WITH(slice(surface, one, 0.5, 1), ContainsSubstring("1 points, at least 2"));
}

TEST_CASE("landscape: a record says how the loss was looked at", "[landscape]") {
  Training training(run_config_of(small_mlp()));
  train_for(training, 2);
  const Json all = landscape_json(survey(training, everything("eval", 2)));
  CHECK(all["mode"] == "eval");
  CHECK(all["batches"] == 2);
  CHECK(all["step"] == 2);
  CHECK(all["targets"] == 32);
  CHECK(all["walk"]["loss"].size() == 2);
  CHECK(all["curvature"]["eigenvalues"].size() == 1);
  CHECK(all["line"]["loss"].size() == 3);
  CHECK(all["plane"]["loss"][1].size() == 2);
  LandscapeOptions nothing;
  nothing.walk_points = nothing.eigenvalues = 0;
  const Json bare = landscape_json(survey(training, nothing));
  CHECK(bare["mode"] == "train");
  for (const char* part : {"walk", "curvature", "line", "plane"}) CHECK(bare[part].is_null());
}

}  // namespace norma
