#include "layers/rotary.h"

#include <algorithm>

#include "core/kernels/rope.h"
#include "layers/inference.h"

namespace norma {

Rotary::Rotary(int64_t head_width, double base) : head_width_(head_width), base_(base) {
  if (head_width % 2 != 0)
    throw Error("[rotary] turns pairs of features, so a head's width must be even, found " +
                std::to_string(head_width));
}

void Rotary::cover(int64_t positions, DType dtype) const {
  if (cosines_ && cosines_.dtype() == dtype && cosines_.shape()[0] >= positions) return;
  // A generation asks for one position more each time: doubling keeps that cheap.
  const bool grows = cosines_ && cosines_.dtype() == dtype;
  const int64_t covered = grows ? std::max(positions, 2 * cosines_.shape()[0]) : positions;
  cosines_ = Tensor::empty({covered, head_width_ / 2}, dtype);
  sines_ = Tensor::empty({covered, head_width_ / 2}, dtype);
  with_float_type(dtype, [&]<class T>() {
    kernels::rope_table(cosines_.data<T>(), sines_.data<T>(), covered, head_width_, base_);
  });
}

void Rotary::rotate(const Tensor& x, int64_t column, int64_t heads, int64_t first,
                    bool inverse) const {
  const int64_t batch = x.shape()[0], rows = x.shape()[1], width = x.shape()[2];
  cover(first + rows, x.dtype());
  with_float_type(x.dtype(), [&]<class T>() {
    const kernels::AttentionView<T> view{x.data<T>() + column, rows * width, width, head_width_};
    kernels::rope_rotate(view, batch, rows, heads, head_width_, cosines_.data<T>(),
                         sines_.data<T>(), first, inverse);
  });
}

namespace {

struct RotateOp final : NamedOp<RotateOp> {
  static constexpr const char* kName = "rotate";
  const Rotary* rotary = nullptr;
  int64_t heads = 1, first = 0;
  void backward(Grads& grads) override {
    Tensor dy = grads.take_out();
    Tensor dx = dy.unique() ? dy : dy.clone();
    dy = Tensor();
    rotary->rotate(dx, 0, heads, first, true);
    grads.give(0, std::move(dx));
  }
};

}  // namespace

Var rotated(Context& ctx, const Var& x, const Rotary& rotary, int64_t heads) {
  const int64_t first = ctx.inference ? ctx.inference->position : 0;
  Var y{x.value.clone()};
  rotary.rotate(y.value, 0, heads, first, false);
  if (auto* op = ctx.record<RotateOp>({&x}, {}, {&y})) {
    op->rotary = &rotary;
    op->heads = heads;
    op->first = first;
  }
  return y;
}

}  // namespace norma
