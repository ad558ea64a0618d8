// The LSTM layer: gradients by norm, padding, and going on from a kept state.
#include "layers/lstm.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/inference.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/layers/norm_specs.h"
#include "tests/padding.h"
#include "tests/specimen.h"
#include "tests/steady.h"

namespace norma {
namespace {

constexpr int64_t kLstmWidth = 3;

MakeModule lstm(const Json& more) {
  Json config{{"type", "lstm"}, {"hidden", 5}};
  config.update(more);
  const Spec spec = make_spec(config, layer_registry(), "the layer");
  return [=](const Scope& scope) { return make_layer(scope, spec, {.shape = {1, 1, kLstmWidth}}); };
}

}  // namespace

TEST_CASE("lstm: gradients", "[lstm]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  for (const Json& options :
       {Json::object(), Json{{"bias", false}, {"hidden", 17}}, Json{{"reparam", "weight_norm"}}}) {
    INFO(options.dump());
    gradcheck(lstm(options), {.input = {3, 5, kLstmWidth}});
    gradcheck(lstm(options), {.input = {3, 5, kLstmWidth}, .mask = mask});
  }
  gradcheck(lstm({{"hidden", 1}}), {.input = {1, 1, kLstmWidth}});
}

TEST_CASE("lstm: gradients with every norm of rows", "[lstm]") {
  const Tensor mask = first_positions({3, 1}, 3);
  for (const Entry* norm : norm_registry().entries()) {
    if (!is_per_row(*norm)) continue;
    INFO(norm->type);
    gradcheck(lstm({{"norm", norm->type}}), {.input = {2, 3, kLstmWidth}, .mask = mask});
  }
}

TEST_CASE("lstm: same bits with one and two threads on long, wide sequences", "[lstm]") {
  check_same_bits(lstm({{"hidden", 65}, {"norm", "layer_norm"}}), {.input = {33, 9, kLstmWidth}});
}

TEST_CASE("lstm: padding, NaN even, changes nothing", "[lstm]") {
  for (const Json& norm : {Json(nullptr), Json("layer_norm")})
    check_nan_padding(lstm({{"norm", norm}}), kLstmWidth);
}

TEST_CASE("lstm: the forget gate's bias starts where it was told", "[lstm]") {
  ParamSet set(DType::kFloat64, 1);
  const auto layer = lstm({{"forget_bias", 2.0}})(Scope(set));
  set.materialize();
  const std::vector<double> bias = set.find("bias")->value.to_vector();
  for (size_t i = 0; i < bias.size(); ++i) CHECK(bias[i] == (i / 5 == 1 ? 2 : 0));
}

TEST_CASE("lstm: reading a sequence in parts gives what reading it at once gives", "[lstm]") {
  ParamSet set(DType::kFloat64, 1);
  const auto layer = lstm({{"norm", "layer_norm"}})(Scope(set));
  set.materialize();
  const Tensor x =
      Tensor::from(normal_numbers("x", 7 * kLstmWidth), {1, 7, kLstmWidth}, DType::kFloat64);
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.begin_forward(0);
  const Tensor whole = (*layer)(ctx, {x}).value;
  Inference inference{.capacity = 7};
  ctx.inference = &inference;
  for (int64_t from = 0; from < 7;) {
    const int64_t count = from == 0 ? 4 : 1;
    ctx.begin_forward(0);
    const Tensor part = (*layer)(ctx, {x.slice(from * kLstmWidth, {1, count, kLstmWidth})}).value;
    for (int64_t i = 0; i < part.numel(); ++i)
      CHECK(part.item(i) == Approx(whole.item(from * 5 + i)).epsilon(1e-12));
    inference.position = from += count;
  }
}

TEST_CASE("lstm: after its second step a training asks the system for no memory", "[lstm]") {
  ParamSet set(DType::kFloat32, 1);
  const auto layer = lstm({{"norm", "rms_norm"}})(Scope(set));
  set.materialize();
  const Tensor x =
      Tensor::from(normal_numbers("x", 4 * 9 * kLstmWidth), {4, 9, kLstmWidth}, DType::kFloat32);
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = true;
  check_steady(5, [&](int) {
    ctx.begin_forward(0);
    tape.backward((*layer)(ctx, {x}));
  });
}

}  // namespace norma
