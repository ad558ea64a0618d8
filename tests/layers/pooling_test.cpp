#include "layers/pooling.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule max_of(const Window& window) {
  return [=](const Scope& scope) { return std::make_unique<MaxPool2d>(scope, window); };
}
MakeModule average_of(const Window& window, bool count_padding = true) {
  return
      [=](const Scope& scope) { return std::make_unique<AvgPool2d>(scope, window, count_padding); };
}
const MakeModule global = [](const Scope& scope) { return std::make_unique<GlobalAvgPool>(scope); };

// One channel, one image.
Var image(std::vector<double> pixels, int64_t height, int64_t width) {
  return {Tensor::from(pixels, {1, height, width, 1}, DType::kFloat64)};
}

TEST_CASE("pooling's gradients are right for odd sizes, strides and paddings") {
  for (const Window window : {Window{2, 2, 0}, Window{3, 2, 1}, Window{3, 1, 0}, Window{1, 2, 0}}) {
    gradcheck(max_of(window), {.input = {2, 7, 9, 3}});
    gradcheck(average_of(window), {.input = {2, 7, 9, 3}});
    gradcheck(average_of(window, false), {.input = {1, 5, 3, 17}});
  }
  gradcheck(max_of({2, 2, 1}), {.input = {1, 1, 1, 1}});
}

TEST_CASE("the global average's gradients are right, with a mask too") {
  gradcheck(global, {.input = {1, 1, 1}});
  gradcheck(global, {.input = {3, 5, 3, 33}});
  const Tensor mask = Tensor::from({{1, 1, 0, 0, 0, 0, 0, 1, 0}}, {3, 3}, DType::kUInt8);
  gradcheck(global, {.input = {3, 3, 70}, .mask = mask});
}

TEST_CASE("pooling gives the same bits for any number of threads") {
  check_same_bits(max_of({3, 2, 1}), {.input = {5, 33, 31, 17}});
  check_same_bits(average_of({3, 2, 1}), {.input = {5, 33, 31, 17}});
  check_same_bits(global, {.input = {5, 33, 31, 130}});
}

TEST_CASE("max pooling lets NaN through and sends the gradient of a tie to the first pixel") {
  Context ctx;
  Tape tape;
  ctx.tape = &tape;
  const double nan = std::nan("");
  CHECK(std::isnan(max_pool2d(ctx, image({1, nan, 3, 2}, 2, 2), {2, 2, 0}).value.item()));
  CHECK(std::isnan(max_pool2d(ctx, image({nan, 1, 3, 2}, 2, 2), {2, 2, 0}).value.item()));
  const Var x = tape.leaf(image({5, 5, 5, 5}, 2, 2).value);
  tape.backward(max_pool2d(ctx, x, {2, 2, 0}));
  CHECK(tape.grad(x).to_vector() == std::vector<double>{1, 0, 0, 0});
}

TEST_CASE("average pooling divides by the whole window, or by the pixels inside") {
  Context ctx;
  const Var x = image({1, 2, 3, 4}, 2, 2);
  CHECK(avg_pool2d(ctx, x, {2, 2, 1}).value.to_vector() == std::vector<double>{0.25, 0.5, 0.75, 1});
  CHECK(avg_pool2d(ctx, x, {2, 2, 1}, false).value.to_vector() == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("the global average counts valid positions only; none at all gives 0") {
  Context ctx;
  ctx.mask = Tensor::from({{1, 0, 1, 0, 0, 0}}, {2, 3}, DType::kUInt8);
  const double nan = std::nan("");
  const Var x{Tensor::from({{1, nan, 3, nan, nan, nan}}, {2, 3, 1}, DType::kFloat32)};
  CHECK(global_avg_pool(ctx, x).value.to_vector() == std::vector<double>{2, 0});
  ctx.mask = Tensor::zeros({2, 2}, DType::kUInt8);
  CHECK_THROWS_WITH(global_avg_pool(ctx, x), ContainsSubstring("mask of shape (2, 2)"));
}

TEST_CASE("pooling refuses what cannot be pooled and says why") {
  Context ctx;
  CHECK_THROWS_WITH(max_pool2d(ctx, image({1, 2, 3, 4}, 2, 2), {3, 1, 0}),
                    ContainsSubstring("kernel 3 does not fit into an image of 2×2"));
  CHECK_THROWS_WITH(avg_pool2d(ctx, image({1, 2, 3, 4}, 2, 2), {3, 1, 2}),
                    ContainsSubstring("padding 2 is more than half of the kernel, 3"));
  CHECK_THROWS_WITH(max_pool2d(ctx, {Tensor::zeros({2, 3}, DType::kFloat32)}, {2, 2, 0}),
                    ContainsSubstring("expects images (B,H,W,C), found shape (2, 3)"));
}

}  // namespace
}  // namespace norma
