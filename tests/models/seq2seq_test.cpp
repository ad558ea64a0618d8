// The encoder-decoder: gradients along a given answer, padding, and answering by itself.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "data/data_registry.h"
#include "layers/loss.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/small_models.h"
#include "tests/padding.h"
#include "tests/specimen.h"

namespace norma {
namespace {

MakeModule seq2seq(const Json& more = Json::object()) {
  Json config{{"type", "seq2seq"}, {"layers", 2},  {"width", 6},
              {"heads", 2},        {"buckets", 6}, {"max_distance", 5}};
  config.update(more);
  return model_maker(config, kPairs);
}

const Json kConditioned{{"placement", "ada_zero"}, {"condition", "mean"}, {"tie", false}};

// Answers of 4, 2 and 1 tokens, filled up to `length`.
Tensor answers(int64_t length) {
  const Tensor target = Tensor::full({3, length}, DType::kInt32, -100);
  const std::vector<int64_t> lengths{4, 2, 1};
  for (int64_t b = 0; b < 3; ++b)
    for (int64_t t = 0; t < lengths[static_cast<size_t>(b)]; ++t)
      target.data<int32_t>()[b * length + t] = static_cast<int32_t>((2 * b + 3 * t + 1) % 7);
  return target;
}

}  // namespace

TEST_CASE("seq2seq: gradients", "[models]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  for (const Json& options :
       {Json::object(), Json{{"placement", "post"}, {"norm", "rms_norm"}, {"tie", false}},
        Json{{"placement", "sandwich"}, {"decoder_layers", 1}, {"dropout", 0.2}}, kConditioned,
        Json{{"share_layers", 2}, {"qk_norm", "rms_norm"}, {"bias", false}},
        Json{{"ffn", {{"hidden", 5}, {"router", {{"type", "top_k"}, {"experts", 3}}}}}}}) {
    INFO(options.dump());
    gradcheck(seq2seq(options), {.input = {3, 5}, .tokens = 7, .mask = mask, .target = answers(4)});
  }
}

TEST_CASE("seq2seq: padding of either sequence changes nothing", "[models]") {
  const auto run = [](const Json& options, int64_t time, int64_t length, int32_t padding) {
    ParamSet set(DType::kFloat64, 3);
    const auto model = seq2seq(options)(Scope(set));
    set.materialize();
    randomize(set);
    const std::vector<int64_t> lengths{5, 3, 1};
    const Tensor tokens = padded_tokens(lengths, time, 7, padding);
    Tape tape;
    Context ctx;
    begin_training(ctx, tape);
    ctx.mask = first_positions(lengths, time);
    ctx.target = answers(length);
    const LossResult loss = cross_entropy(ctx, (*model)(ctx, {tokens}), ctx.target);
    CHECK(loss.weight == 7);
    tape.backward(loss.sum);
    std::vector<double> all{loss.total};
    for (const Param& param : set.params())
      for (const double grad : param.grad.to_vector()) all.push_back(grad);
    return all;
  };
  for (const Json& options : {Json::object(), kConditioned}) {
    const std::vector<double> tight = run(options, 5, 4, 0), wide = run(options, 9, 7, 6);
    REQUIRE(tight.size() == wide.size());
    for (size_t i = 0; i < tight.size(); ++i)
      REQUIRE(wide[i] == Approx(tight[i]).epsilon(1e-10).margin(1e-12));
  }
}

// What a model answers by itself is what it finds likeliest along that very answer.
TEST_CASE("seq2seq: its own answers are judged token by token", "[models]") {
  const Json options = GENERATE(Json::object(), kConditioned);
  ParamSet set(DType::kFloat64, 5);
  const auto model = seq2seq(options)(Scope(set));
  set.materialize();
  randomize(set);
  const Tensor tokens = Tensor::full({2, 5}, DType::kInt32, 3);
  tokens.data<int32_t>()[7] = 1;
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.target = Tensor::full({2, 4}, DType::kInt32, 0);
  const auto likeliest = [&](int64_t b, int64_t t) {
    ctx.begin_forward(0);
    const std::vector<double> logits = (*model)(ctx, {tokens}).value.to_vector();
    const auto row = logits.begin() + (b * 4 + t) * 7;
    return static_cast<int32_t>(std::max_element(row, row + 7) - row);
  };
  for (int64_t t = 0; t < 4; ++t)
    for (int64_t b = 0; b < 2; ++b) ctx.target.data<int32_t>()[b * 4 + t] = likeliest(b, t);
  const auto judged = [&] {
    ctx.begin_forward(0);
    dynamic_cast<Answering&>(*model).judge(ctx, {tokens});
    REQUIRE(ctx.figures().size() == 1);
    CHECK(std::string(ctx.figures()[0].name) == "exact_match");
    return ctx.figures()[0].value();
  };
  CHECK(judged() == 1);
  int32_t& last = ctx.target.data<int32_t>()[7];
  last = (last + 1) % 7;
  CHECK(judged() == 0.5);
  last = -100;  // not asked
  CHECK(judged() == 1);
}

TEST_CASE("seq2seq: what does not go together is refused", "[models]") {
  ParamSet set(DType::kFloat32, 1);
  const auto refused = [&](const Json& more, const char* reason) {
    CHECK_THROWS_WITH(seq2seq(more)(Scope(set)), Catch::Matchers::ContainsSubstring(reason));
  };
  refused({{"placement", "hybrid_norm"}}, "knows no third sublayer");
  const Spec spec = make_spec(Json("seq2seq"), model_registry(), "the model");
  CHECK_THROWS_WITH(make_model(Scope(set), spec, {.vocab = 7, .outputs = 7}),
                    Catch::Matchers::ContainsSubstring("number_names"));
}

}  // namespace norma
