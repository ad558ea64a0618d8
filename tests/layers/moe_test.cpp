// Mixtures of experts: gradients through gates and both terms of the loss, capacity, padding.
#include "layers/moe/moe.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/padding.h"
#include "tests/specimen.h"
#include "tests/steady.h"

namespace norma {
namespace {

constexpr int64_t kMoeWidth = 6;

Ffn::Options options_of(const Json& router, const std::string& activation = "gelu") {
  Ffn::Options options;
  options.hidden = 5;
  options.activation = activation;
  options.router = make_spec(router, router_registry(), "the router");
  return options;
}

MakeModule moe(const Ffn::Options& options) {
  return [=](const Scope& scope) { return make_ffn(scope, options, kMoeWidth); };
}

// A term that the mixture adds to the loss, in the place of its output.
MakeModule term(const Ffn::Options& options, size_t number) {
  class Term : public Module {
   public:
    Term(const Scope& scope, const Ffn::Options& options, size_t number)
        : Module(scope), moe_(make_ffn(scope, options, kMoeWidth)), number_(number) {}

   protected:
    Var forward(Context& ctx, const Var& x) override {
      (*moe_)(ctx, x);
      return ctx.loss_terms()[number_].mean;
    }

   private:
    std::unique_ptr<Module> moe_;
    size_t number_;
  };
  return [=](const Scope& scope) { return std::make_unique<Term>(scope, options, number); };
}

}  // namespace

TEST_CASE("moe: gradients", "[moe]") {
  const Tensor mask = first_positions({5, 3, 0}, 5);
  for (const char* activation : {"gelu", "swiglu"})
    for (const Json& router :
         {Json{{"type", "top_k"}, {"experts", 4}},
          Json{{"type", "top_k"}, {"experts", 3}, {"k", 1}, {"normalize", false}},
          Json{{"type", "top_k"}, {"experts", 5}, {"capacity_factor", 0.5}},
          Json{{"type", "top_k"}, {"experts", 2}, {"normalize", false}}}) {
      INFO(activation << " " << router.dump());
      gradcheck(moe(options_of(router, activation)), {.input = {3, 5, kMoeWidth}});
      gradcheck(moe(options_of(router, activation)), {.input = {3, 5, kMoeWidth}, .mask = mask});
    }
  gradcheck(moe(options_of("top_k")), {.input = {17, kMoeWidth}});
  Ffn::Options normed = options_of(Json{{"type", "top_k"}, {"experts", 3}});
  normed.inner_norm = make_spec("layer_norm", norm_registry(), "the norm");
  gradcheck(moe(normed), {.input = {3, 5, kMoeWidth}, .mask = mask});
}

TEST_CASE("moe: gradients of the terms of the loss", "[moe]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  const Ffn::Options options = options_of(Json{{"type", "top_k"}, {"experts", 4}});
  for (const size_t number : {0, 1}) {
    INFO(number);
    gradcheck(term(options, number), {.input = {3, 5, kMoeWidth}, .mask = mask});
  }
}

TEST_CASE("moe: same bits with one and two threads on many tokens", "[moe]") {
  check_same_bits(moe(options_of(Json{{"type", "top_k"}, {"experts", 3}})),
                  {.input = {7, 111, kMoeWidth}});
}

// A router of zeros prefers the first expert by the rule for ties; its load is then all there is.
TEST_CASE("moe: capacity counts what it drops and drops the last", "[moe]") {
  ParamSet set(DType::kFloat64, 1);
  const auto layer = moe(options_of(
      Json{{"type", "top_k"}, {"experts", 4}, {"k", 1}, {"capacity_factor", 2.0}}))(Scope(set));
  set.materialize();
  set.find("router.weight")->value.zero();
  const Tensor x =
      Tensor::from(normal_numbers("x", 2 * 10 * kMoeWidth), {2, 10, kMoeWidth}, DType::kFloat64);
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.training = true;
  ctx.mask = first_positions({10, 3}, 10);
  ctx.begin_forward(0);
  const Tensor y = (*layer)(ctx, {x}).value;
  // ⌈2·10/4⌉ = 5 of the ten are kept, ⌈2·3/4⌉ = 2 of the three.
  const auto answered = [&](int64_t sample, int64_t position) {
    return y.item((sample * 10 + position) * kMoeWidth) != 0;
  };
  for (int64_t t = 0; t < 10; ++t) {
    CHECK(answered(0, t) == (t < 5));
    CHECK(answered(1, t) == (t < 2));
  }
  REQUIRE(ctx.figures().size() == 3);
  CHECK(std::string(ctx.figures()[0].name) == "dropped_tokens");
  CHECK(ctx.figures()[0].value() == 6);
  CHECK(ctx.figures()[1].value() == Approx(1));  // probabilities are even, whatever is chosen
  CHECK(ctx.figures()[2].value() == Approx(std::log(4) * std::log(4)));

  // In evaluation every token is answered.
  ctx.training = false;
  ctx.begin_forward(0);
  const Tensor all = (*layer)(ctx, {x}).value;
  for (int64_t t = 0; t < 10; ++t) CHECK(all.item(t * kMoeWidth) != 0);
  CHECK(ctx.figures()[0].value() == 0);
}

TEST_CASE("moe: padding, NaN even, changes nothing", "[moe]") {
  check_nan_padding(moe(options_of(Json{{"type", "top_k"}, {"experts", 3}})), kMoeWidth);
}

TEST_CASE("moe: after its second step a training asks the system for no memory", "[moe]") {
  ParamSet set(DType::kFloat32, 1);
  const auto layer = moe(options_of("top_k", "swiglu"))(Scope(set));
  set.materialize();
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = true;
  double dropped = 0;
  check_steady(12, [&](int step) {
    const Numbers numbers = normal_numbers("x" + std::to_string(step), 60 * kMoeWidth);
    ctx.begin_forward(0);
    const Var y = (*layer)(ctx, {Tensor::from(numbers, {3, 20, kMoeWidth}, DType::kFloat32)});
    dropped += ctx.figures()[0].value();
    tape.backward(y);
  });
  CHECK(dropped > 0);
}

TEST_CASE("moe: what does not go together is refused", "[moe]") {
  const auto refused = [](const Json& spec, const char* reason) {
    CHECK_THROWS_WITH(make_spec(spec, layer_registry(), "the layer"),
                      Catch::Matchers::ContainsSubstring(reason));
  };
  refused({{"type", "moe"}, {"router", {{"experts", 2}, {"k", 3}}}}, "at most `experts`");
  refused({{"type", "moe"}, {"reparam", "weight_norm"}}, "`router` chooses among experts");
}

}  // namespace norma
