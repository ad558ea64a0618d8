// Presets of other libraries' defaults.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

Json options_of_norm(const Json& given) {
  return *make_spec(given, norm_registry(), "norm").options;
}

TEST_CASE("a convention sets what the config does not say itself", "[layers]") {
  // Keras 3.15 and Flax 0.12, keras.layers and flax.linen; PyTorch 2.13, torch.nn.
  struct Expected {
    const char *type, *convention;
    Json options;
  };
  const Expected all[] = {
      {"layer_norm", "torch", {{"eps", 1e-5}}},
      {"layer_norm", "keras", {{"eps", 1e-3}}},
      {"layer_norm", "flax", {{"eps", 1e-6}}},
      {"group_norm", "torch", {{"eps", 1e-5}, {"groups", 32}}},
      {"group_norm", "keras", {{"eps", 1e-3}, {"groups", 32}}},
      {"group_norm", "flax", {{"eps", 1e-6}, {"groups", 32}}},
      {"batch_norm", "torch", {{"eps", 1e-5}, {"momentum", 0.1}, {"unbiased_running_var", true}}},
      {"batch_norm", "keras", {{"eps", 1e-3}, {"momentum", 0.01}, {"unbiased_running_var", false}}},
      {"batch_norm", "flax", {{"eps", 1e-5}, {"momentum", 0.01}, {"unbiased_running_var", false}}},
      {"instance_norm", "torch", {{"eps", 1e-5}, {"affine", false}}},
      {"instance_norm", "flax", {{"eps", 1e-6}, {"affine", true}}},
      {"rms_norm", "norma", {{"eps", 1e-6}, {"eps_outside", false}}},
      {"rms_norm", "torch", {{"eps", std::ldexp(1.0, -23)}, {"eps_outside", false}}},
      {"rms_norm", "paper", {{"eps", 1e-8}, {"eps_outside", true}}},
  };
  for (const Expected& each : all) {
    INFO(each.type << " " << each.convention);
    const Json options = options_of_norm({{"type", each.type}, {"convention", each.convention}});
    for (const auto& [name, value] : each.options.items()) CHECK(options.at(name) == value);
    // Resolved options read again are the same: a run's config replays it.
    CHECK(options_of_norm(options) == options);
  }
  const Json own =
      options_of_norm({{"eps", 1e-4}, {"type", "batch_norm"}, {"convention", "keras"}});
  CHECK(own.at("eps") == 1e-4);
  CHECK(own.at("momentum") == 0.01);
  CHECK(options_of_norm(own) == own);
}

TEST_CASE("ε is added to the mean square, or outside its root", "[layers]") {
  const Tensor x = Tensor::from(Numbers{3, 4, 0, 0}, {2, 2}, DType::kFloat64);
  for (const bool outside : {false, true}) {
    ParamSet params(DType::kFloat64, 3);
    const auto norm =
        make_norm(Scope(params),
                  make_spec(Json{{"type", "rms_norm"}, {"eps", 0.5}, {"eps_outside", outside}},
                            norm_registry(), "norm"),
                  2);
    params.materialize();
    Context ctx;
    const Tensor y = (*norm)(ctx, Var{x}).value;
    const double scale = outside ? 1 / (std::sqrt(12.5) + 0.5) : 1 / std::sqrt(13.0);
    CHECK(y.item(0) == Approx(3 * scale).epsilon(1e-15));
    CHECK(y.item(1) == Approx(4 * scale).epsilon(1e-15));
    CHECK(y.item(2) == 0);
  }
}

TEST_CASE("what batch norm tracks is unbiased or biased, as asked", "[layers]") {
  const Tensor x = Tensor::from(Numbers{1, 2, 6}, {3, 1}, DType::kFloat64);
  for (const bool unbiased : {false, true}) {
    ParamSet params(DType::kFloat64, 3);
    const auto norm = make_norm(
        Scope(params),
        make_spec(
            Json{{"type", "batch_norm"}, {"momentum", 1.0}, {"unbiased_running_var", unbiased}},
            norm_registry(), "norm"),
        1);
    params.materialize();
    Context ctx;
    ctx.training = true;
    (*norm)(ctx, Var{x});
    CHECK(norm->running_second()->value.item(0) == Approx(unbiased ? 7 : 14.0 / 3).epsilon(1e-15));
  }
}

TEST_CASE("a variance over one valid position is 0, biased or not", "[layers]") {
  for (const bool unbiased : {false, true}) {
    ParamSet params(DType::kFloat64, 3);
    const auto norm = make_norm(
        Scope(params),
        make_spec(Json{{"type", "instance_norm"}, {"unbiased", unbiased}}, norm_registry(), "norm"),
        2);
    params.materialize();
    Context ctx;
    ctx.training = true;
    ctx.mask = Tensor::zeros({1, 3}, DType::kUInt8);
    ctx.mask.data<uint8_t>()[1] = 1;
    const Tensor y = (*norm)(ctx, Var{Tensor::full({1, 3, 2}, DType::kFloat64, 5)}).value;
    for (const double value : y.to_vector()) CHECK(value == 0);
  }
}

}  // namespace
}  // namespace norma
