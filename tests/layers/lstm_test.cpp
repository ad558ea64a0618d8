// The LSTM layer: gradients by norm, padding, and going on from a kept state.
#include "layers/lstm.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/pool.h"
#include "layers/inference.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/padding.h"
#include "tests/specimen.h"

namespace norma {
namespace {

constexpr int64_t kWidth = 3;

MakeModule lstm(const Json& more) {
  Json config{{"type", "lstm"}, {"hidden", 5}};
  config.update(more);
  const Spec spec = make_spec(config, layer_registry(), "the layer");
  return [=](const Scope& scope) { return make_layer(scope, spec, {.shape = {1, 1, kWidth}}); };
}

bool is_per_row(const Entry& entry) {
  const Spec spec = make_spec(Json(entry.type), norm_registry(), entry.type);
  return norm_registry().at(entry.type).define(spec).domain.per_row();
}

}  // namespace

TEST_CASE("lstm: gradients", "[lstm]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  for (const Json& options :
       {Json::object(), Json{{"bias", false}, {"hidden", 17}}, Json{{"reparam", "weight_norm"}}}) {
    INFO(options.dump());
    gradcheck(lstm(options), {.input = {3, 5, kWidth}});
    gradcheck(lstm(options), {.input = {3, 5, kWidth}, .mask = mask});
  }
  gradcheck(lstm({{"hidden", 1}}), {.input = {1, 1, kWidth}});
}

TEST_CASE("lstm: gradients with every norm of rows", "[lstm]") {
  const Tensor mask = first_positions({3, 1}, 3);
  for (const Entry* norm : norm_registry().entries()) {
    if (!is_per_row(*norm)) continue;
    INFO(norm->type);
    gradcheck(lstm({{"norm", norm->type}}), {.input = {2, 3, kWidth}, .mask = mask});
  }
}

TEST_CASE("lstm: same bits with one and two threads on long, wide sequences", "[lstm]") {
  check_same_bits(lstm({{"hidden", 65}, {"norm", "layer_norm"}}), {.input = {33, 9, kWidth}});
}

TEST_CASE("lstm: padding, NaN even, changes nothing", "[lstm]") {
  for (const Json& norm : {Json(nullptr), Json("layer_norm")}) {
    const auto run = [&](int64_t time, double padding) {
      ParamSet set(DType::kFloat64, 1);
      const auto layer = lstm({{"norm", norm}})(Scope(set));
      set.materialize();
      const Tensor x = Tensor::full({2, time, kWidth}, DType::kFloat64, padding);
      const std::vector<int64_t> lengths{4, 2};
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t i = 0; i < lengths[static_cast<size_t>(b)] * kWidth; ++i)
          x.data<double>()[b * time * kWidth + i] = std::sin(static_cast<double>(3 * b + i));
      Tape tape;
      Context ctx;
      ctx.tape = &tape;
      ctx.training = true;
      ctx.dtype = DType::kFloat64;
      ctx.mask = first_positions(lengths, time);
      ctx.begin_forward(0);
      const Var input = tape.leaf(x);
      const Var y = (*layer)(ctx, input);
      tape.backward(y);
      std::vector<double> all;
      for (int64_t b = 0; b < 2; ++b) {
        const int64_t length = lengths[static_cast<size_t>(b)];
        for (int64_t i = 0; i < length * 5; ++i) all.push_back(y.value.item(b * time * 5 + i));
        for (int64_t i = length * 5; i < time * 5; ++i)
          REQUIRE(y.value.item(b * time * 5 + i) == 0);
        for (int64_t i = 0; i < length * kWidth; ++i)
          all.push_back(tape.grad(input).item(b * time * kWidth + i));
      }
      for (const Param& param : set.params())
        for (const double grad : param.grad.to_vector()) all.push_back(grad);
      return all;
    };
    const std::vector<double> tight = run(4, 0);
    const std::vector<double> wide = run(9, std::numeric_limits<double>::quiet_NaN());
    REQUIRE(tight.size() == wide.size());
    for (size_t i = 0; i < tight.size(); ++i)
      REQUIRE(wide[i] == Approx(tight[i]).epsilon(1e-12).margin(1e-12));
  }
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
  const Tensor x = Tensor::from(normal_numbers("x", 7 * kWidth), {1, 7, kWidth}, DType::kFloat64);
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.begin_forward(0);
  const Tensor whole = (*layer)(ctx, {x}).value;
  Inference inference{.capacity = 7};
  ctx.inference = &inference;
  for (int64_t from = 0; from < 7;) {
    const int64_t count = from == 0 ? 4 : 1;
    ctx.begin_forward(0);
    const Tensor part = (*layer)(ctx, {x.slice(from * kWidth, {1, count, kWidth})}).value;
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
      Tensor::from(normal_numbers("x", 4 * 9 * kWidth), {4, 9, kWidth}, DType::kFloat32);
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = true;
  int64_t misses = 0;
  for (int step = 0; step < 5; ++step) {
    if (step == 2) misses = pool_statistics().misses;
    ctx.begin_forward(0);
    tape.backward((*layer)(ctx, {x}));
  }
  CHECK(pool_statistics().misses == misses);
}

}  // namespace norma
