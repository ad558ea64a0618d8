#include "layers/elementwise.h"

#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("add, scale and reshape have the right gradients, alone and when values are shared") {
  const auto add_itself = module_of(
      [](Context& ctx, const Var& x) { return add(ctx, scale(ctx, x, -1.7), add(ctx, x, x)); });
  const auto flatten = module_of([](Context& ctx, const Var& x) {
    return scale(ctx, reshape(ctx, x, {x.shape()[0], x.value.numel() / x.shape()[0]}), 0.3);
  });
  for (const int64_t size : {1, 15, 17, 33}) {
    gradcheck(add_itself, {.input = {2, size}});
    gradcheck(flatten, {.input = {3, 2, size}});
  }
  check_same_bits(add_itself, {.input = {100, 1000}});
}

TEST_CASE("split_columns has the right gradients, also when a part is unused") {
  const auto cross = module_of([](Context& ctx, const Var& x) {
    const auto [a, b, c] = split_columns(ctx, x, {3, 5, 3});
    return add(ctx, scale(ctx, a, 2), c);
  });
  gradcheck(cross, {.input = {1, 11}});
  gradcheck(cross, {.input = {3, 17, 11}});
}

TEST_CASE("split_columns cuts rows, select_position takes one") {
  Context ctx;
  const Var x{Tensor::from({{1, 2, 3, 4, 5, 6, 7, 8}}, {1, 2, 4}, DType::kFloat32)};
  const auto [a, b, c] = split_columns(ctx, x, {1, 2, 1});
  CHECK(a.value.to_vector() == std::vector<double>{1, 5});
  CHECK(b.value.to_vector() == std::vector<double>{2, 3, 6, 7});
  CHECK(c.value.to_vector() == std::vector<double>{4, 8});
  CHECK(b.shape() == Shape{1, 2, 2});
  CHECK(select_position(ctx, x, 1).value.to_vector() == std::vector<double>{5, 6, 7, 8});
  CHECK_THROWS_WITH(select_position(ctx, x, 2), ContainsSubstring("more than 2 positions"));
  CHECK_THROWS_WITH(split_columns(ctx, x, {1, 1, 1}), ContainsSubstring("width 3"));
  CHECK_THROWS_WITH(add(ctx, x, a), ContainsSubstring("(1, 2, 4) and (1, 2, 1)"));
}

TEST_CASE("select_position has the right gradients") {
  const auto last = module_of(
      [](Context& ctx, const Var& x) { return select_position(ctx, x, x.shape()[1] - 1); });
  gradcheck(last, {.input = {1, 1, 1}});
  gradcheck(last, {.input = {3, 17, 15}});
}

}  // namespace
}  // namespace norma
