#include "layers/elementwise.h"

#include "core/kernels/add.h"
#include "core/kernels/copy_columns.h"
#include "core/kernels/scale_samples.h"
#include "core/kernels/select_rows.h"
#include "layers/in_place.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

struct AddOp : NamedOp<AddOp> {
  static constexpr const char* kName = "add";
  void backward(Grads& grads) override;
};

}  // namespace

Var add(Context& ctx, const Var& a, const Var& b) {
  if (!(a.shape() == b.shape()))
    layer_error(ctx, AddOp::kName,
                "expects equal shapes, found " + a.shape().str() + " and " + b.shape().str());
  Var y{Tensor::empty(a.shape(), a.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::add(y.value.data<T>(), a.value.data<T>(), b.value.data<T>(), y.value.numel());
  });
  ctx.record<AddOp>({&a, &b}, {}, {&y});
  return y;
}

void AddOp::backward(Grads& grads) {
  const Tensor dy = grads.take_out();
  grads.give(0, dy);
  grads.give(1, dy);
}

namespace {

struct ScaleOp : NamedOp<ScaleOp> {
  static constexpr const char* kName = "scale";
  double factor;
  void backward(Grads& grads) override;
};

void scale_into(const Tensor& y, const Tensor& x, double factor) {
  with_float_type(y.dtype(), [&]<class T>() {
    const T* const no_drop = nullptr;
    kernels::scale_samples(x.data<T>(), static_cast<T>(factor), no_drop, 1, y.numel(), y.data<T>());
  });
}

}  // namespace

Var scale(Context& ctx, const Var& x, double factor) {
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  scale_into(y.value, x.value, factor);
  if (auto* op = ctx.record<ScaleOp>({&x}, {}, {&y})) op->factor = factor;
  return y;
}

void ScaleOp::backward(Grads& grads) {
  give_in_place(grads, [&](const Tensor& dx, const Tensor& dy) { scale_into(dx, dy, factor); });
}

namespace {

struct ReshapeOp : NamedOp<ReshapeOp> {
  static constexpr const char* kName = "reshape";
  Shape shape;
  void backward(Grads& grads) override { grads.give(0, grads.take_out().view(shape)); }
};

}  // namespace

Var reshape(Context& ctx, const Var& x, const Shape& shape) {
  Var y{x.value.view(shape)};
  if (auto* op = ctx.record<ReshapeOp>({&x}, {}, {&y})) op->shape = x.shape();
  return y;
}

namespace {

struct SplitColumnsOp : NamedOp<SplitColumnsOp> {
  static constexpr const char* kName = "split_columns";
  Shape shape;
  DType dtype;
  std::array<int64_t, 3> widths;
  void backward(Grads& grads) override;
};

}  // namespace

std::array<Var, 3> split_columns(Context& ctx, const Var& x, std::array<int64_t, 3> widths) {
  expect_width(ctx, SplitColumnsOp::kName, x, widths[0] + widths[1] + widths[2]);
  const int64_t size = static_cast<int64_t>(size_of(x.value.dtype()));
  const int64_t rows = x.value.rows(), step = x.shape().back() * size;
  std::array<Var, 3> parts;
  const std::byte* source = x.value.raw();
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i].value = Tensor::empty(x.shape().with_back(widths[i]), x.value.dtype());
    const int64_t bytes = widths[i] * size;
    kernels::copy_columns(parts[i].value.raw(), bytes, source, step, rows, bytes);
    source += bytes;
  }
  if (auto* op = ctx.record<SplitColumnsOp>({&x}, {}, {&parts[0], &parts[1], &parts[2]})) {
    op->shape = x.shape();
    op->dtype = x.value.dtype();
    op->widths = widths;
  }
  return parts;
}

// Parts that nothing downstream used count as zeros.
void SplitColumnsOp::backward(Grads& grads) {
  const Tensor dx = Tensor::empty(shape, dtype);
  const int64_t size = static_cast<int64_t>(size_of(dtype)), step = shape.back() * size;
  std::byte* target = dx.raw();
  for (int i = 0; i < 3; ++i) {
    const Tensor& part = grads.out(i);
    const int64_t bytes = widths[static_cast<size_t>(i)] * size;
    kernels::copy_columns(target, step, part ? part.raw() : nullptr, bytes, dx.rows(), bytes);
    target += bytes;
  }
  grads.give(0, dx);
}

namespace {

struct ZeroPaddingOp : NamedOp<ZeroPaddingOp> {
  static constexpr const char* kName = "zero_padding";
  Tensor mask;
  void backward(Grads& grads) override;
};

void keep_valid(const Tensor& y, const Tensor& x, const Tensor& mask) {
  const int64_t rows = mask.numel(), width = x.numel() / rows;
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::select_rows(y.data<T>(), x.data<T>(), mask.data<uint8_t>(), rows, width);
  });
}

}  // namespace

Var zero_padding(Context& ctx, const Var& x) {
  if (!ctx.mask) return x;
  if (ctx.mask.numel() != nsc_of(x.shape()).rows())
    layer_error(ctx, ZeroPaddingOp::kName,
                "the mask of shape " + ctx.mask.shape().str() + " does not fit the input " +
                    x.shape().str());
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  keep_valid(y.value, x.value, ctx.mask);
  if (auto* op = ctx.record<ZeroPaddingOp>({&x}, {}, {&y})) op->mask = ctx.mask;
  return y;
}

void ZeroPaddingOp::backward(Grads& grads) {
  give_in_place(grads, [&](const Tensor& dx, const Tensor& dy) { keep_valid(dx, dy, mask); });
}

namespace {

struct SelectPositionOp : NamedOp<SelectPositionOp> {
  static constexpr const char* kName = "select_position";
  Shape shape;
  int64_t index;
  void backward(Grads& grads) override;
};

}  // namespace

Var select_position(Context& ctx, const Var& x, int64_t index) {
  if (x.shape().rank() != 3 || index < 0 || index >= x.shape()[1])
    layer_error(ctx, SelectPositionOp::kName,
                "expects (B,T,C) with more than " + std::to_string(index) + " positions, found " +
                    x.shape().str());
  const Nsc size = nsc_of(x.shape());
  Var y{Tensor::empty({size.n, size.c}, x.value.dtype())};
  const int64_t bytes = size.c * static_cast<int64_t>(size_of(x.value.dtype()));
  kernels::copy_columns(y.value.raw(), bytes, x.value.raw() + index * bytes, size.s * bytes, size.n,
                        bytes);
  if (auto* op = ctx.record<SelectPositionOp>({&x}, {}, {&y})) {
    op->shape = x.shape();
    op->index = index;
  }
  return y;
}

void SelectPositionOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  const Tensor dx = Tensor::zeros(shape, dy.dtype());
  const int64_t bytes = shape[2] * static_cast<int64_t>(size_of(dy.dtype()));
  kernels::copy_columns(dx.raw() + index * bytes, shape[1] * bytes, dy.raw(), bytes, shape[0],
                        bytes);
  grads.give(0, dx);
}

}  // namespace norma
