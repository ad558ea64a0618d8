#include "layers/residual/stream.h"

#include "core/kernels/scale_samples.h"
#include "layers/residual/joins.h"

namespace norma {
namespace {

struct ResolveOp final : NamedOp<ResolveOp> {
  static constexpr const char* kName = "add";
  double scale = 1;
  Tensor drop;

  static Tensor forward(const Stream& stream) {
    const Tensor& base = stream.base.value;
    const Tensor sum = Tensor::empty(base.shape(), base.dtype());
    with_float_type(base.dtype(), [&]<class T>() {
      kernels::add_samples(base.data<T>(), stream.branch.value.data<T>(),
                           static_cast<T>(stream.scale),
                           stream.drop ? stream.drop.data<T>() : nullptr, base.shape()[0],
                           base.numel() / base.shape()[0], sum.data<T>());
    });
    return sum;
  }

  void backward(Grads& grads) override {
    Tensor dsum = grads.take_out();
    if (grads.wants(1)) {
      if (scale == 1 && !drop) {
        grads.give(1, dsum);
      } else {
        const Tensor dbranch = Tensor::empty(dsum.shape(), dsum.dtype());
        with_float_type(dsum.dtype(), [&]<class T>() {
          kernels::scale_samples(dsum.data<T>(), static_cast<T>(scale),
                                 drop ? drop.data<T>() : nullptr, dsum.shape()[0],
                                 dsum.numel() / dsum.shape()[0], dbranch.data<T>());
        });
        grads.give(1, dbranch);
      }
    }
    grads.give(0, std::move(dsum));
  }
};

}  // namespace

Var resolve(Context& ctx, const Stream& stream) {
  if (!stream.pending()) return stream.base;
  if (!(stream.base.shape() == stream.branch.shape()))
    throw Error(ctx.path() + ": a branch of shape " + stream.branch.shape().str() +
                " cannot be added to a stream of shape " + stream.base.shape().str());
  Var sum{ResolveOp::forward(stream)};
  if (auto* op = ctx.record<ResolveOp>({&stream.base, &stream.branch}, {}, {&sum})) {
    op->scale = stream.scale;
    op->drop = stream.drop;
  }
  return sum;
}

Stream add_branch(Context& ctx, const Stream& stream, const Var& branch, double scale,
                  Tensor drop) {
  Stream sum{
      .base = resolve(ctx, stream), .branch = branch, .scale = scale, .drop = std::move(drop)};
  show_join(ctx, sum);
  return sum;
}

}  // namespace norma
