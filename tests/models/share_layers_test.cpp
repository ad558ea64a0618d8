// Blocks that share their parameters across depth.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/residual/placement.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/small_models.h"
#include "tests/specimen.h"

namespace norma {
namespace {

Json config_of(const char* type, int64_t share, const std::string& placement, int64_t layers = 4) {
  return {{"type", type},  {"layers", layers}, {"share_layers", share},  {"width", 6},
          {"heads", 2},    {"context", 5},     {"placement", placement}, {"drop_path", 0.4},
          {"dropout", 0.2}};
}

MakeModule token_model(const Json& config) { return model_maker(config, kTokens); }

// The parameter of a model that shares by two, for one of a model that does not.
std::string owner_of(std::string name) {
  const size_t at = name.find("blocks.");
  if (at != std::string::npos) name[at + 7] = static_cast<char>('0' + (name[at + 7] - '0') / 2 * 2);
  return name;
}

}  // namespace

TEST_CASE("shared layers: gradients in every placement", "[models]") {
  for (const Entry* placement : placement_registry().entries()) {
    INFO(placement->type);
    const char* const type = placement->type.size() % 2 ? "gpt" : "encoder";
    Json config = config_of(type, 2, placement->type, 2);
    give_condition(config);
    gradcheck(token_model(config), {.input = {2, 5}, .tokens = 7});
  }
}

// Depth shows in the factors of this placement, in stochastic depth and in the random numbers.
TEST_CASE("shared layers: equal layers that hold the same values, and their gradients add up",
          "[models]") {
  ParamSet shared_set(DType::kFloat64, 1), own_set(DType::kFloat64, 1);
  const auto shared = token_model(config_of("gpt", 2, "layer_norm_scaling"))(Scope(shared_set));
  const auto own = token_model(config_of("gpt", 1, "layer_norm_scaling"))(Scope(own_set));
  shared_set.materialize();
  own_set.materialize();
  CHECK(shared_set.find("blocks.1.attn.qkv.weight") == nullptr);
  CHECK(shared_set.find("blocks.2.attn.qkv.weight") != nullptr);
  for (const Param& param : own_set.params())
    param.value.copy_from(shared_set.find(owner_of(param.name))->value);
  own_set.touch();

  const Tensor tokens = Tensor::from(normal_numbers("tokens", 10), {2, 5}, DType::kInt32);
  for (int i = 0; i < 10; ++i) tokens.data<int32_t>()[i] = i % 7;
  const auto pass = [&](Module& with) {
    Tape tape;
    Context ctx;
    begin_training(ctx, tape);
    const Var y = with(ctx, {tokens});
    tape.backward(y);
    return y.value;
  };
  CHECK(same_bits(pass(*shared), pass(*own)));
  for (const Param& param : shared_set.params()) {
    std::vector<double> total(static_cast<size_t>(param.numel()), 0.0);
    for (const Param& part : own_set.params()) {
      if (owner_of(part.name) != param.name) continue;
      const std::vector<double> grad = part.grad.to_vector();
      for (size_t i = 0; i < total.size(); ++i) total[i] += grad[i];
    }
    const std::vector<double> grad = param.grad.to_vector();
    INFO(param.name);
    for (size_t i = 0; i < total.size(); ++i)
      REQUIRE(grad[i] == Approx(total[i]).epsilon(1e-10).margin(1e-10));
  }
}

TEST_CASE("shared layers: a derived weight is derived once in a forward", "[models]") {
  // u and v after two training forwards, whoever shares them.
  const auto iterated = [](int64_t layers, bool train) {
    ParamSet set(DType::kFloat64, 1);
    Json config = config_of("gpt", layers, "pre", layers);
    config["reparam"] = "spectral_norm";
    const auto sharers = token_model(config)(Scope(set));
    set.materialize();
    Context ctx;
    ctx.dtype = DType::kFloat64;
    ctx.training = train;
    for (int forward = 0; forward < 2; ++forward) {
      ctx.begin_forward(0);
      (*sharers)(ctx, {Tensor::full({2, 5}, DType::kInt32, 3)});
    }
    return set.find_buffer("blocks.0.ffn.up.u")->value.clone();
  };
  CHECK(same_bits(iterated(4, true), iterated(1, true)));
  CHECK_FALSE(same_bits(iterated(4, true), iterated(4, false)));
}

TEST_CASE("shared layers: gradients of a derived weight", "[models]") {
  Json config = config_of("gpt", 2, "pre", 2);
  for (const char* reparam : {"weight_norm", "spectral_norm"}) {
    config["reparam"] = {{"type", reparam}};
    if (reparam == std::string("spectral_norm")) config["reparam"]["iterations"] = 0;
    gradcheck(token_model(config), {.input = {2, 5}, .tokens = 7});
  }
}

TEST_CASE("shared layers: what the owner does not have is an error", "[models]") {
  ParamSet set(DType::kFloat32, 1);
  const Scope owner = Scope(set) / "a", user = (Scope(set) / "b").sharing(owner);
  Param& weight = (owner / "x").param("weight", {2, 3}, ParamKind::kWeight, Init::normal(1));
  CHECK(&(user / "x").param("weight", {2, 3}, ParamKind::kWeight, Init::normal(1)) == &weight);
  CHECK((user / "x").path() == "b.x");
  CHECK_THROWS_WITH((user / "x").param("bias", {2}, ParamKind::kBias, Init::constant(0)),
                    Catch::Matchers::ContainsSubstring("shares the parameter a.x.bias"));
  CHECK_THROWS_WITH((user / "x").param("weight", {2}, ParamKind::kWeight, Init::normal(1)),
                    Catch::Matchers::ContainsSubstring("it has the shape (2, 3)"));
}

TEST_CASE("shared layers: groups must divide the depth", "[models]") {
  CHECK_THROWS_WITH(token_model(config_of("gpt", 3, "pre")),
                    Catch::Matchers::ContainsSubstring("a divisor of `layers`"));
}

}  // namespace norma
