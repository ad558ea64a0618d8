#pragma once

#include <utility>

#include "core/kernels/local_response.h"
#include "layers/norms/norm.h"
#include "layers/norms/window_parts.h"

namespace norma {

// y = x·(k + α/size·Σx²)^−β over `size` neighbouring channels.
struct ResponseWindow {
  int64_t size = 5;
  double alpha = 1e-4, beta = 0.75, k = 1;
};

// The operation behind local_response_norm.
struct LocalResponseOp final : NamedOp<LocalResponseOp> {
  static constexpr const char* kName = "norm";
  ResponseWindow options;
  const Norm* norm = nullptr;
  Tensor x, mask;

  template <class T>
  kernels::LocalResponse<T> driver() const {
    return {.rows = x.rows(),
            .channels = x.shape().back(),
            .size = options.size,
            .alpha = options.alpha,
            .beta = options.beta,
            .k = options.k,
            .mask = mask ? mask.data<uint8_t>() : nullptr,
            .x = x.data<T>()};
  }
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    with_float_type(x.dtype(), [&]<class T>() {
      kernels::local_response_backward(driver<T>(), dy.data<T>(), dx.data<T>());
    });
    if (NormObserver* const watching = norm_observer(grads))
      watching->on_norm_backward(norm->path(), window_parts(norm->type(), pass(dy)));
    grads.give(0, dx);
  }
  WindowPass pass(const Tensor& dy) const {
    LocalResponseOp wide = *this;
    wide.x = x.to(DType::kFloat64);
    const Tensor wide_dy = dy.to(DType::kFloat64), y = wide_dy.clone(), dx = wide_dy.clone();
    kernels::local_response(wide.driver<double>(), y.data<double>());
    kernels::local_response_backward(wide.driver<double>(), wide_dy.data<double>(),
                                     dx.data<double>());
    return {wide.x, y, wide_dy, dx, mask};
  }
};

}  // namespace norma
