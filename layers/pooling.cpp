#include "layers/pooling.h"

#include "core/kernels/mean_positions.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

kernels::Pooling geometry(const Context& ctx, const char* op, const Shape& x,
                          const Window& window) {
  if (x.rank() != 4) layer_error(ctx, op, "expects images (B,H,W,C), found shape " + x.str());
  const kernels::Pooling p{.batch = x[0],
                           .height = x[1],
                           .width = x[2],
                           .channels = x[3],
                           .kernel = window.kernel,
                           .stride = window.stride,
                           .padding = window.padding};
  if (2 * p.padding > p.kernel)
    layer_error(ctx, op,
                "padding " + std::to_string(p.padding) + " is more than half of the kernel, " +
                    std::to_string(p.kernel));
  if (std::min(p.height, p.width) + 2 * p.padding < p.kernel)
    layer_error(ctx, op,
                "kernel " + std::to_string(p.kernel) + " does not fit into an image of " +
                    std::to_string(p.height) + "×" + std::to_string(p.width) + " with padding " +
                    std::to_string(p.padding));
  return p;
}

Shape pooled_shape(const kernels::Pooling& p) {
  return {p.batch, p.out_height(), p.out_width(), p.channels};
}

struct MaxPoolOp : NamedOp<MaxPoolOp> {
  static constexpr const char* kName = "max_pool2d";
  kernels::Pooling p;
  Tensor where;
  void backward(Grads& grads) override;
};

}  // namespace

Var max_pool2d(Context& ctx, const Var& x, const Window& window) {
  const kernels::Pooling p = geometry(ctx, MaxPoolOp::kName, x.shape(), window);
  Var y{Tensor::empty(pooled_shape(p), x.value.dtype())};
  const Tensor where = Tensor::empty(y.shape(), DType::kInt32);
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::max_pool_forward(p, y.value.data<T>(), where.data<int32_t>(), x.value.data<T>());
  });
  if (auto* op = ctx.record<MaxPoolOp>({&x}, {}, {&y})) {
    op->p = p;
    op->where = where;
  }
  return y;
}

void MaxPoolOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  const Tensor dx = Tensor::empty({p.batch, p.height, p.width, p.channels}, dy.dtype());
  with_float_type(dy.dtype(), [&]<class T>() {
    kernels::max_pool_backward(p, dx.data<T>(), where.data<int32_t>(), dy.data<T>());
  });
  grads.give(0, dx);
}

namespace {

struct AvgPoolOp : NamedOp<AvgPoolOp> {
  static constexpr const char* kName = "avg_pool2d";
  kernels::Pooling p;
  bool count_padding;
  void backward(Grads& grads) override;
};

}  // namespace

Var avg_pool2d(Context& ctx, const Var& x, const Window& window, bool count_padding) {
  const kernels::Pooling p = geometry(ctx, AvgPoolOp::kName, x.shape(), window);
  Var y{Tensor::empty(pooled_shape(p), x.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::average_pool_forward(p, count_padding, y.value.data<T>(), x.value.data<T>());
  });
  if (auto* op = ctx.record<AvgPoolOp>({&x}, {}, {&y})) {
    op->p = p;
    op->count_padding = count_padding;
  }
  return y;
}

void AvgPoolOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  const Tensor dx = Tensor::empty({p.batch, p.height, p.width, p.channels}, dy.dtype());
  with_float_type(dy.dtype(), [&]<class T>() {
    kernels::average_pool_backward(p, count_padding, dx.data<T>(), dy.data<T>());
  });
  grads.give(0, dx);
}

namespace {

struct GlobalAvgPoolOp : NamedOp<GlobalAvgPoolOp> {
  static constexpr const char* kName = "global_avg_pool";
  Shape shape;
  Tensor mask;
  const uint8_t* valid() const { return mask ? mask.data<uint8_t>() : nullptr; }
  void backward(Grads& grads) override;
};

}  // namespace

Var global_avg_pool(Context& ctx, const Var& x) {
  if (x.shape().rank() < 3)
    layer_error(ctx, GlobalAvgPoolOp::kName,
                "expects (B,T,C) or (B,H,W,C), found shape " + x.shape().str());
  const Nsc size = nsc_of(x.shape());
  if (ctx.mask && ctx.mask.numel() != size.rows())
    layer_error(ctx, GlobalAvgPoolOp::kName,
                "the mask of shape " + ctx.mask.shape().str() +
                    " does not fit the input of shape " + x.shape().str());
  const uint8_t* const valid = ctx.mask ? ctx.mask.data<uint8_t>() : nullptr;
  Var y{Tensor::empty({size.n, size.c}, x.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::mean_positions_forward(y.value.data<T>(), x.value.data<T>(), valid, size.n, size.s,
                                    size.c);
  });
  if (auto* op = ctx.record<GlobalAvgPoolOp>({&x}, {}, {&y})) {
    op->shape = x.shape();
    op->mask = ctx.mask;
  }
  return y;
}

void GlobalAvgPoolOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  const Nsc size = nsc_of(shape);
  const Tensor dx = Tensor::empty(shape, dy.dtype());
  with_float_type(dy.dtype(), [&]<class T>() {
    kernels::mean_positions_backward(dx.data<T>(), dy.data<T>(), valid(), size.n, size.s, size.c);
  });
  grads.give(0, dx);
}

void MaxPool2d::Options::describe(Fields& f) {
  f.integer("kernel", kernel, "side of the square window", {.min = 1});
  f.maybe_integer("stride", stride, "distance between windows; null = the kernel", {.min = 1});
  f.integer("padding", padding, "places added around the image, at most half the kernel",
            {.min = 0});
  f.rule(2 * padding <= kernel, "padding", "at most half of `kernel`");
}

void AvgPool2d::Options::describe(Fields& f) {
  MaxPool2d::Options::describe(f);
  f.flag("count_padding", count_padding, "count padded places as zeros");
}

namespace {
const RegisterLayer<MaxPool2d> registered_max("max_pool2d", "largest value of each window",
                                              "torch.nn.MaxPool2d");
const RegisterLayer<AvgPool2d> registered_average("avg_pool2d", "mean of each window",
                                                  "torch.nn.AvgPool2d");
const RegisterLayer<GlobalAvgPool> registered_global("global_avg_pool",
                                                     "mean over all valid positions",
                                                     "Lin et al. 2013, arXiv:1312.4400");
}  // namespace

}  // namespace norma
