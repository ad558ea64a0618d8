#include "layers/embedding.h"

#include "layers/inference.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule embedding_of(int64_t entries, int64_t width) {
  return [=](const Scope& scope) { return std::make_unique<Embedding>(scope, entries, width); };
}

MakeModule positions_of(int64_t context, int64_t width) {
  return
      [=](const Scope& scope) { return std::make_unique<LearnedPositions>(scope, context, width); };
}

TEST_CASE("embedding looks tokens up and adds the gradients of repeated ones") {
  ParamSet set(DType::kFloat64, 1);
  Embedding layer(Scope(set), 3, 2);
  set.materialize();
  layer.weight().value.copy_from(Tensor::from({{1, 2, 3, 4, 5, 6}}, {3, 2}, DType::kFloat64));
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  const Var y = layer(ctx, {Tensor::from({{2, 0, 2}}, {1, 3}, DType::kInt32)});
  CHECK(y.shape() == Shape{1, 3, 2});
  CHECK(y.value.to_vector() == std::vector<double>{5, 6, 1, 2, 5, 6});
  tape.backward(y, Tensor::from({{1, 2, 10, 20, 100, 200}}, {1, 3, 2}, DType::kFloat64));
  CHECK(layer.weight().grad.to_vector() == std::vector<double>{10, 20, 0, 0, 101, 202});
  CHECK(layer.weight().kind == ParamKind::kEmbedding);
}

TEST_CASE("embedding's gradients are right for odd sizes") {
  gradcheck(embedding_of(1, 1), {.input = {1, 1}, .tokens = 1});
  gradcheck(embedding_of(17, 15), {.input = {3, 33}, .tokens = 17});
  gradcheck(embedding_of(5, 33), {.input = {15}, .tokens = 5});
}

TEST_CASE("embedding gives the same bits for any number of threads") {
  check_same_bits(embedding_of(65, 130), {.input = {16, 64}, .tokens = 65});
}

TEST_CASE("embedding refuses tokens outside its table and other dtypes") {
  ParamSet set(DType::kFloat32, 1);
  Embedding layer(Scope(set, "tokens"), 65, 4);
  set.materialize();
  Context ctx;
  CHECK_THROWS_WITH(layer(ctx, {Tensor::from({{3, 65}}, {1, 2}, DType::kInt32)}),
                    ContainsSubstring("[embedding tokens] token 65 (number 1 of the batch) is "
                                      "outside the table of 65 entries"));
  CHECK_THROWS_WITH(layer(ctx, {Tensor::from({{-1}}, {1, 1}, DType::kInt32)}),
                    ContainsSubstring("token -1 (number 0"));
  CHECK_THROWS_WITH(layer(ctx, {Tensor::zeros({1, 1}, DType::kFloat32)}),
                    ContainsSubstring("expects int32 tokens, found float32"));
}

TEST_CASE("learned positions' gradients are right, also where the table is longer than the input") {
  gradcheck(positions_of(1, 1), {.input = {1, 1, 1}});
  gradcheck(positions_of(17, 15), {.input = {3, 17, 15}});
  gradcheck(positions_of(33, 4), {.input = {2, 15, 4}});
}

TEST_CASE("learned positions give the same bits for any number of threads") {
  check_same_bits(positions_of(64, 130), {.input = {8, 64, 130}});
}

TEST_CASE("learned positions go on where the inference stands, and end with their table") {
  ParamSet set(DType::kFloat64, 1);
  LearnedPositions layer(Scope(set), 3, 1);
  set.materialize();
  set.find("weight")->value.copy_from(Tensor::from({{1, 2, 3}}, {3, 1}, DType::kFloat64));
  Inference inference;
  inference.position = 1;
  Context ctx;
  ctx.inference = &inference;
  const Tensor x = Tensor::zeros({2, 2, 1}, DType::kFloat64);
  CHECK(layer(ctx, {x}).value.to_vector() == std::vector<double>{2, 3, 2, 3});
  inference.position = 2;
  CHECK_THROWS_WITH(layer(ctx, {x}),
                    ContainsSubstring("the input reaches position 4, the table ends at 3"));
}

}  // namespace
}  // namespace norma
