#include "layers/conditional/resize.h"

#include "core/kernels/resize_nearest.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

struct ResizeOp final : NamedOp<ResizeOp> {
  static constexpr const char* kName = "resize";
  Shape from;
  kernels::ResizeShape shape;

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(from, dy.dtype());
    with_float_type(dy.dtype(), [&]<class T>() {
      kernels::resize_nearest_backward(shape, dy.data<T>(), dx.data<T>());
    });
    grads.give(0, dx);
  }
};

}  // namespace

Var resize_nearest(Context& ctx, const Var& x, int64_t height, int64_t width) {
  const Shape& from = x.shape();
  if (from.rank() != 4)
    layer_error(ctx, ResizeOp::kName, "expects an image (B,H,W,C), found " + from.str());
  if (from[1] == height && from[2] == width) return x;
  const kernels::ResizeShape shape{.samples = from[0],
                                   .height = from[1],
                                   .width = from[2],
                                   .out_height = height,
                                   .out_width = width,
                                   .channels = from[3]};
  Var y{Tensor::empty({from[0], height, width, from[3]}, x.value.dtype())};
  with_float_type(x.value.dtype(), [&]<class T>() {
    kernels::resize_nearest(shape, x.value.data<T>(), y.value.data<T>());
  });
  if (auto* op = ctx.record<ResizeOp>({&x}, {}, {&y})) {
    op->from = from;
    op->shape = shape;
  }
  return y;
}

}  // namespace norma
