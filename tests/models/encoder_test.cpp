// The bidirectional encoder: gradients by placement, and what padding may not change.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/residual/placement.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/small_models.h"
#include "tests/padding.h"
#include "tests/specimen.h"

namespace norma {
namespace {

MakeModule encoder(const Json& more = Json::object()) {
  Json config{{"type", "encoder"}, {"layers", 2}, {"width", 6}, {"heads", 2}, {"context", 8}};
  config.update(more);
  give_condition(config, "mean");
  return model_maker(config, kTokens);
}

}  // namespace

TEST_CASE("encoder: gradients in every placement, with padding", "[models]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  for (const Entry* placement : placement_registry().entries()) {
    INFO(placement->type);
    gradcheck(encoder({{"placement", placement->type}, {"dropout", 0.1}, {"drop_path", 0.3}}),
              {.input = {3, 5}, .tokens = 7, .mask = mask});
  }
}

TEST_CASE("encoder: gradients with rotary positions and a head of its own", "[models]") {
  gradcheck(encoder({{"width", 8},
                     {"positions", "rope"},
                     {"tie", false},
                     {"norm", "rms_norm"},
                     {"qk_norm", "rms_norm"},
                     {"ffn", {{"activation", "geglu"}}}}),
            {.input = {2, 5}, .tokens = 7});
}

TEST_CASE("encoder: padding of any amount changes nothing", "[models]") {
  for (const Entry* placement : placement_registry().entries()) {
    INFO(placement->type);
    check_padding(encoder({{"placement", placement->type}}), 7);
  }
}

TEST_CASE("encoder: sees what comes after", "[models]") {
  ParamSet set(DType::kFloat64, 1);
  const auto model = encoder()(Scope(set));
  set.materialize();
  Context ctx;
  ctx.dtype = DType::kFloat64;
  const auto first_logit = [&](int32_t last) {
    const Tensor tokens = Tensor::full({1, 5}, DType::kInt32, 3);
    tokens.data<int32_t>()[4] = last;
    ctx.begin_forward(0);
    return (*model)(ctx, {tokens}).value.item();
  };
  CHECK(first_logit(1) != first_logit(2));
}

TEST_CASE("encoder: data that ask for the next token are refused", "[models]") {
  ParamSet params(DType::kFloat32, 1);
  const Spec spec = make_spec(Json("encoder"), model_registry(), "the model");
  CHECK_THROWS_WITH(make_model(Scope(params), spec, {.vocab = 7, .next_token = true, .outputs = 7}),
                    Catch::Matchers::ContainsSubstring("masked_tokens"));
}

}  // namespace norma
