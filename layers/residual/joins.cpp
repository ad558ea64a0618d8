#include "layers/residual/joins.h"

#include <utility>

#include "core/kernels/scale_samples.h"

namespace norma {
namespace {

// The sum that a stream stands for, and its second term with all factors.
Join join_of(const Stream& pending) {
  const Tensor& base = pending.base.value;
  const Shape& shape = base.shape();
  Join join{.stream = base,
            .branch = Tensor::empty(shape, base.dtype()),
            .sum = Tensor::empty(shape, base.dtype())};
  with_float_type(base.dtype(), [&]<class T>() {
    const T* const branch = pending.branch.value.data<T>();
    const T* const drop = pending.drop ? pending.drop.data<T>() : nullptr;
    const T scale = static_cast<T>(pending.scale);
    const int64_t samples = shape[0], size = base.numel() / samples;
    kernels::scale_samples(branch, scale, drop, samples, size, join.branch.data<T>());
    kernels::add_samples(base.data<T>(), branch, scale, drop, samples, size, join.sum.data<T>());
  });
  return join;
}

}  // namespace

JoinObserver* join_observer(const Context& ctx) {
  return dynamic_cast<JoinObserver*>(ctx.observer);
}

void show_join(Context& ctx, const Stream& pending) {
  if (JoinObserver* const watching = join_observer(ctx))
    watching->on_join(ctx.path(), join_of(pending));
}

void show_join_to_scaled(Context& ctx, const Stream& pending) {
  JoinObserver* const watching = join_observer(ctx);
  if (!watching) return;
  Join join = join_of(pending);
  std::swap(join.stream, join.branch);
  watching->on_join(ctx.path(), join);
}

}  // namespace norma
