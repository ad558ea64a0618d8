// Linear layers whose products read bfloat16.
#include <array>

#include "layers/linear.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

Tensor rounded(const Tensor& x) { return x.to(DType::kBFloat16).to(DType::kFloat64); }

Tensor random_tensor(const char* name, const Shape& shape, DType dtype) {
  return Tensor::from(normal_numbers(name, shape.numel()), shape, dtype);
}

// A linear layer with an input and the gradient of its output, in one precision.
struct LinearRun {
  LinearRun(DType dtype, Operands operands, const Shape& input, int64_t out)
      : set(dtype, 1), layer(Scope(set), input.back(), out) {
    set.materialize();
    randomize(set);
    ctx.dtype = dtype;
    ctx.operands = operands;
    ctx.tape = &tape;
    x = random_tensor("x", input, dtype);
    dy = random_tensor("dy", input.with_back(out), dtype);
  }
  void forward_backward() {
    ctx.begin_forward(0);
    const Var leaf = tape.leaf(x);
    const Var y = layer(ctx, leaf);
    output = y.value;
    tape.backward(y, dy);
    dx = tape.grad(leaf);
  }
  ParamSet set;
  Linear layer;
  Context ctx;
  Tape tape;
  Tensor x, dy, output, dx;
};

void check_near(const Tensor& found, const Tensor& expected, double tolerance) {
  const std::vector<double> a = found.to_vector(), b = expected.to_vector();
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).margin(tolerance));
}

TEST_CASE("bfloat16 products are those of the rounded operands, summed in float32") {
  for (const auto& [rows, in, out] :
       {std::array<int64_t, 3>{1, 1, 1}, {15, 17, 33}, {33, 15, 1}, {300, 64, 130}}) {
    LinearRun found(DType::kFloat32, Operands::kBFloat16, {rows, in}, out);
    LinearRun exact(DType::kFloat64, Operands::kAsTheyAre, {rows, in}, out);
    Param& weight = exact.layer.weight();
    exact.x = rounded(exact.x);
    weight.value.copy_from(rounded(weight.value));
    exact.set.touch();
    found.forward_backward();
    exact.forward_backward();
    const double scale = 1e-5 * static_cast<double>(in + rows + out);
    check_near(found.output, exact.output, scale);
    CHECK(found.output.dtype() == DType::kFloat32);
    // The bias takes the gradient as it is; products read it rounded.
    check_near(found.layer.bias()->grad, exact.layer.bias()->grad, scale);
    exact.dy = rounded(exact.dy);
    exact.set.zero_grad();
    exact.forward_backward();
    check_near(found.dx, exact.dx, scale);
    check_near(found.layer.weight().grad, exact.layer.weight().grad, scale);
  }
}

TEST_CASE("a weight is rounded once for all products of its version") {
  LinearRun run(DType::kFloat32, Operands::kBFloat16, {3, 17}, 5);
  Weight weight(run.layer.weight());
  const Tensor first = weight.use_in_products(run.ctx).operand(),
               again = weight.use_in_products(run.ctx).operand();
  CHECK(first.same_memory(again));
  run.layer.weight().value.fill(2);
  run.set.touch();
  CHECK(weight.use_in_products(run.ctx).operand().to(DType::kFloat64).item() == 2);
  CHECK(first.to(DType::kFloat64).item() != 2);  // a tape may still read it
  run.ctx.operands = Operands::kAsTheyAre;
  CHECK(weight.use_in_products(run.ctx).operand().same_memory(run.layer.weight().value));
}

}  // namespace
}  // namespace norma
