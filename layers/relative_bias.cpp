#include "layers/relative_bias.h"

#include <cmath>
#include <cstdlib>

namespace norma {
namespace {

// Both tables are small: a few hundred distances.
struct RelativeBiasOp : NamedOp<RelativeBiasOp> {
  static constexpr const char* kName = "relative_bias";
  Param* weight;
  Tensor bucket;  // int32, of each distance

  template <class Visit>
  void for_each(int64_t heads, Visit visit) const {
    const int32_t* const at = bucket.data<int32_t>();
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < bucket.numel(); ++i) visit(h * bucket.numel() + i, at[i] * heads + h);
  }
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    with_float_type(dy.dtype(), [&]<class T>() {
      for_each(weight->shape[1],
               [&](int64_t from, int64_t to) { weight->grad.data<T>()[to] += dy.data<T>()[from]; });
    });
  }
};

}  // namespace

void RelativeBias::Options::describe(Fields& f) {
  f.integer("heads", heads, "attention heads", {.required = true, .min = 1});
  f.integer("buckets", buckets, "learned numbers a head", {.min = 4});
  f.integer("max_distance", max_distance, "distances from here on share the last bucket",
            {.min = 2});
  f.flag("bidirectional", bidirectional, "keys behind their query have buckets of their own");
  f.number("init_std", init_std, "deviation of the normal initial values", {.min = 0});
  f.rule(max_distance > buckets / 2, "max_distance", "more than half of `buckets`");
}

RelativeBias::RelativeBias(const Scope& scope, const Options& options)
    : Module(scope),
      options_(options),
      weight_(&scope.param("weight", {options.buckets, options.heads}, ParamKind::kEmbedding,
                           Init::normal(options.init_std))) {}

int64_t RelativeBias::bucket_of(int64_t distance, const Options& options) {
  int64_t buckets = options.buckets, first = 0;
  if (options.bidirectional) {
    buckets /= 2;
    if (distance > 0) first = buckets;
  }
  const int64_t far = options.bidirectional ? std::abs(distance) : std::max<int64_t>(-distance, 0);
  const int64_t exact = buckets / 2;
  if (far < exact) return first + far;
  // The logarithm of a whole number of buckets may come out a rounding below it.
  constexpr double kRounding = 1e-9;
  const double octaves =
      std::log(static_cast<double>(far) / static_cast<double>(exact)) /
      std::log(static_cast<double>(options.max_distance) / static_cast<double>(exact));
  const auto beyond =
      static_cast<int64_t>(octaves * static_cast<double>(buckets - exact) + kRounding);
  return first + std::min(exact + beyond, buckets - 1);
}

Var RelativeBias::operator()(Context& ctx, int64_t queries, int64_t keys) {
  const PathScope here(ctx, path());
  const int64_t distances = queries + keys - 1;
  RelativeBiasOp op;
  op.weight = weight_;
  op.bucket = Tensor::empty({distances}, DType::kInt32);
  for (int64_t i = 0; i < distances; ++i)
    op.bucket.data<int32_t>()[i] = static_cast<int32_t>(bucket_of(i - queries + 1, options_));
  Var y{Tensor::empty({options_.heads, distances}, weight_->value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    op.for_each(options_.heads, [&](int64_t to, int64_t from) {
      y.value.data<T>()[to] = weight_->value.data<T>()[from];
    });
  });
  if (auto* node = ctx.record<RelativeBiasOp>({}, {weight_}, {&y})) *node = std::move(op);
  return y;
}

Var RelativeBias::forward(Context& ctx, const Var& x) {
  const int64_t positions = nsc_of(x.shape()).s;
  return (*this)(ctx, positions, positions);
}

namespace {
const RegisterLayer<RelativeBias> registered_relative_bias(
    "relative_bias", "attention bias by the distance between positions",
    "Raffel et al. 2019 (T5), arXiv:1910.10683");
}  // namespace

}  // namespace norma
