#include "layers/linear.h"

#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule linear_of(int64_t in, int64_t out, bool bias = true) {
  return [=](const Scope& scope) { return std::make_unique<Linear>(scope, in, out, bias); };
}

TEST_CASE("linear multiplies by the transposed weight and adds the bias") {
  ParamSet set(DType::kFloat64, 1);
  Linear layer(Scope(set), 3, 2);
  set.materialize();
  layer.weight().value.copy_from(Tensor::from({{1, 2, 3, 4, 5, 6}}, {2, 3}, DType::kFloat64));
  layer.bias()->value.copy_from(Tensor::from({{10, 20}}, {2}, DType::kFloat64));
  Context ctx;
  const Var y = layer(ctx, {Tensor::from({{1, 0, -1, 2, 1, 0}}, {1, 2, 3}, DType::kFloat64)});
  CHECK(y.shape() == Shape{1, 2, 2});
  CHECK(y.value.to_vector() == std::vector<double>{8, 18, 14, 33});
  CHECK(ctx.flops() == 2 * 2 * 3 * 2);
  CHECK(layer.weight().name == "weight");
}

TEST_CASE("linear's gradients are right for odd sizes") {
  gradcheck(linear_of(1, 1), {.input = {1, 1}});
  gradcheck(linear_of(15, 17), {.input = {33, 15}});
  gradcheck(linear_of(33, 1, false), {.input = {2, 3, 33}});
  gradcheck(linear_of(17, 33), {.input = {1, 15, 17}});
  gradcheck(linear_of(5, 15), {.input = {2, 3, 3, 5}});
}

TEST_CASE("linear gives the same bits for any number of threads") {
  check_same_bits(linear_of(65, 130), {.input = {700, 65}});
  check_same_bits(linear_of(300, 7), {.input = {3000, 300}});
}

TEST_CASE("a weight that two linears share collects both gradients") {
  class Twice : public Module {
   public:
    explicit Twice(const Scope& scope)
        : Module(scope), first_(scope / "first", 7, 7, false), second_(scope, first_.weight()) {}

   protected:
    Var forward(Context& ctx, const Var& x) override { return second_(ctx, first_(ctx, x)); }

   private:
    Linear first_, second_;
  };
  gradcheck([](const Scope& scope) { return std::make_unique<Twice>(scope); }, {.input = {5, 7}});
}

TEST_CASE("a bias gradient over many rows keeps its digits in float32") {
  constexpr int64_t kRows = 100000;
  ParamSet set(DType::kFloat32, 1);
  Linear layer(Scope(set), 1, 3);
  set.materialize();
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  const Var y = layer(ctx, {Tensor::zeros({kRows, 1}, DType::kFloat32)});
  tape.backward(y, Tensor::full({kRows, 3}, DType::kFloat32, 0.1));
  for (int i = 0; i < 3; ++i)
    CHECK(layer.bias()->grad.item(i) == Approx(kRows * double{0.1f}).epsilon(1e-7));
}

TEST_CASE("linear names itself, the width it expects and the shape it found") {
  ParamSet set(DType::kFloat32, 1);
  Linear layer(Scope(set, "blocks.0.ffn.up"), 16, 4);
  set.materialize();
  Context ctx;
  CHECK_THROWS_WITH(layer(ctx, {Tensor::zeros({2, 15}, DType::kFloat32)}),
                    "[linear blocks.0.ffn.up] expects inputs of width 16, found shape (2, 15)");
}

TEST_CASE("linear starts within the bounds of PyTorch's default, or with the deviation asked for") {
  ParamSet set(DType::kFloat64, 5);
  Linear standard(Scope(set, "a"), 100, 50),
      normal(Scope(set, "b"), 100, 50, true, Init::normal(0.02));
  set.materialize();
  double most = 0, square = 0;
  for (const double w : standard.weight().value.to_vector()) most = std::max(most, std::abs(w));
  for (const double w : normal.weight().value.to_vector()) square += w * w;
  CHECK(most <= 0.1);
  CHECK(most > 0.099);
  CHECK(std::sqrt(square / 5000) == Approx(0.02).epsilon(0.05));
  CHECK(standard.bias()->value.to_vector() != std::vector<double>(50, 0.0));
  CHECK(normal.bias()->value.to_vector() == std::vector<double>(50, 0.0));
  CHECK(normal.bias()->kind == ParamKind::kBias);
  CHECK(normal.weight().kind == ParamKind::kWeight);
}

}  // namespace
}  // namespace norma
