#include "layers/embedding.h"

#include "core/kernels/embedding.h"
#include "layers/inference.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

struct EmbeddingOp : NamedOp<EmbeddingOp> {
  static constexpr const char* kName = "embedding";
  Tensor tokens;
  Param* table;
  void backward(Grads& grads) override;
};

void check_tokens(const Context& ctx, const Tensor& tokens, int64_t entries) {
  if (tokens.dtype() != DType::kInt32)
    layer_error(ctx, EmbeddingOp::kName,
                std::string("expects int32 tokens, found ") + name_of(tokens.dtype()));
  const int32_t* const index = tokens.data<int32_t>();
  const int64_t at = kernels::find_outside(index, tokens.numel(), entries);
  if (at >= 0)
    layer_error(ctx, EmbeddingOp::kName,
                "token " + std::to_string(index[at]) + " (number " + std::to_string(at) +
                    " of the batch) is outside the table of " + std::to_string(entries) +
                    " entries");
}

Shape with_width(const Shape& tokens, int64_t width) {
  std::vector<int64_t> extents = tokens.vec();
  extents.push_back(width);
  return Shape(extents);
}

}  // namespace

Var embedding(Context& ctx, const Var& tokens, Param& table) {
  const int64_t entries = table.shape[0], width = table.shape[1];
  check_tokens(ctx, tokens.value, entries);
  Var y{Tensor::empty(with_width(tokens.shape(), width), table.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::gather_rows(y.value.data<T>(), table.value.data<T>(), tokens.value.data<int32_t>(),
                         tokens.value.numel(), width);
  });
  if (auto* op = ctx.record<EmbeddingOp>({}, {&table}, {&y})) {
    op->tokens = tokens.value;
    op->table = &table;
  }
  return y;
}

void EmbeddingOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  with_float_type(dy.dtype(), [&]<class T>() {
    kernels::scatter_add_rows(table->grad.data<T>(), dy.data<T>(), tokens.data<int32_t>(),
                              tokens.numel(), table->shape[1]);
  });
}

namespace {

struct AddPositionsOp : NamedOp<AddPositionsOp> {
  static constexpr const char* kName = "add_positions";
  Param* table;
  int64_t first;
  void backward(Grads& grads) override;
};

}  // namespace

Var add_positions(Context& ctx, const Var& x, Param& table) {
  expect_width(ctx, AddPositionsOp::kName, x, table.shape[1]);
  const Nsc size = nsc_of(x.shape());
  const int64_t first = ctx.inference ? ctx.inference->position : 0;
  if (first + size.s > table.shape[0])
    layer_error(ctx, AddPositionsOp::kName,
                "the input reaches position " + std::to_string(first + size.s) +
                    ", the table ends at " + std::to_string(table.shape[0]));
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::add_per_position(y.value.data<T>(), x.value.data<T>(),
                              table.value.data<T>() + first * size.c, size.n, size.s, size.c);
  });
  if (auto* op = ctx.record<AddPositionsOp>({&x}, {&table}, {&y})) {
    op->table = &table;
    op->first = first;
  }
  return y;
}

void AddPositionsOp::backward(Grads& grads) {
  const Tensor dy = grads.take_out();
  const Nsc size = nsc_of(dy.shape());
  with_float_type(dy.dtype(), [&]<class T>() {
    kernels::sum_per_position(table->grad.data<T>() + first * size.c, dy.data<T>(), size.n, size.s,
                              size.c);
  });
  grads.give(0, dy);
}

void Embedding::Options::describe(Fields& f) {
  f.integer("entries", entries, "tokens in the table", {.required = true, .min = 1});
  f.integer("width", width, "features of each token's vector", {.required = true, .min = 1});
  f.number("init_std", init_std, "deviation of the normal initial values", {.min = 0});
}

Embedding::Embedding(const Scope& scope, const Options& options, const LayerInput&)
    : Embedding(scope, options.entries, options.width, Init::normal(options.init_std)) {}

Embedding::Embedding(const Scope& scope, int64_t entries, int64_t width, Init init)
    : Module(scope),
      weight_(&scope.param("weight", {entries, width}, ParamKind::kEmbedding, init)) {}

void LearnedPositions::Options::describe(Fields& f) {
  f.maybe_integer("context", context, "positions in the table; null = as many as the input has",
                  {.min = 1});
  f.number("init_std", init_std, "deviation of the normal initial values", {.min = 0});
}

LearnedPositions::LearnedPositions(const Scope& scope, const Options& options,
                                   const LayerInput& input)
    : LearnedPositions(scope, options.context.value_or(nsc_of(input.shape).s), input.shape.back(),
                       Init::normal(options.init_std)) {}

LearnedPositions::LearnedPositions(const Scope& scope, int64_t context, int64_t width, Init init)
    : Module(scope),
      weight_(&scope.param("weight", {context, width}, ParamKind::kEmbedding, init)) {}

namespace {
const RegisterLayer<Embedding> registered_embedding("embedding", "a learned vector for each token",
                                                    "torch.nn.Embedding");
const RegisterLayer<LearnedPositions> registered_positions("learned_positions",
                                                           "adds a learned vector to each position",
                                                           "Gehring et al. 2017, arXiv:1705.03122");
}  // namespace

}  // namespace norma
