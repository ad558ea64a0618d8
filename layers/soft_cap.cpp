#include "layers/soft_cap.h"

#include "core/kernels/soft_cap.h"
#include "layers/in_place.h"

namespace norma {
namespace {

struct SoftCapOp final : NamedOp<SoftCapOp> {
  static constexpr const char* kName = "soft_cap";
  Tensor y;
  double c = 1;
  void backward(Grads& grads) override {
    give_in_place(grads, [&](const Tensor& dx, const Tensor& dy) {
      with_float_type(y.dtype(), [&]<class T>() {
        kernels::soft_cap_backward(dx.data<T>(), dy.data<T>(), y.data<T>(), static_cast<T>(c),
                                   y.numel());
      });
    });
  }
};

}  // namespace

Var soft_cap(Context& ctx, Var&& x, double c) {
  Var y{x.value.unique() ? x.value : Tensor::empty(x.shape(), x.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::soft_cap(y.value.data<T>(), x.value.data<T>(), static_cast<T>(c), y.value.numel());
  });
  if (auto* op = ctx.record<SoftCapOp>({&x}, {}, {&y})) {
    op->y = y.value;
    op->c = c;
  }
  return y;
}

}  // namespace norma
