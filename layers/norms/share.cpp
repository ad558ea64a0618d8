#include "layers/norms/share.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/dot.h"
#include "core/kernels/scale_samples.h"

namespace norma {

Tensor softmax(const Tensor& logits) {
  const Tensor made = logits.to(DType::kFloat64);
  double* const p = made.data<double>();
  const int64_t count = made.numel();
  const double most = *std::max_element(p, p + count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += p[i] = std::exp(p[i] - most);
  for (int64_t i = 0; i < count; ++i) p[i] /= sum;
  return made;
}

namespace {

// sum + pᵢ·y, or pᵢ·y alone.
struct MixOp final : NamedOp<MixOp> {
  static constexpr const char* kName = "mix";
  Tensor y, mask, p;
  Param* logits = nullptr;
  int64_t i = 0;

  void backward(Grads& grads) override {
    Tensor dsum = grads.take_out();
    const Tensor dy = Tensor::empty(dsum.shape(), dsum.dtype());
    const double* const all = p.data<double>();
    with_float_type(dsum.dtype(), [&]<class T>() {
      const T* const no_drop = nullptr;
      kernels::scale_samples(dsum.data<T>(), static_cast<T>(all[i]), no_drop, 1, dsum.numel(),
                             dy.data<T>());
      const double dp = kernels::dot_rows(dsum.data<T>(), y.data<T>(), y.rows(), y.shape().back(),
                                          mask ? mask.data<uint8_t>() : nullptr);
      for (int64_t j = 0; j < p.numel(); ++j)
        logits->grad.data<T>()[j] += static_cast<T>(dp * all[i] * ((i == j ? 1.0 : 0.0) - all[j]));
    });
    grads.give(1, dy);
    if (i > 0) grads.give(0, std::move(dsum));
  }
};

}  // namespace

Var add_share(Context& ctx, const Var& before, const Var& y, const Share& share,
              const Tensor& mask) {
  const int64_t i = share.i;
  Var sum{Tensor::empty(y.shape(), y.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    const T* const no_drop = nullptr;
    const T weight = static_cast<T>(share.p.data<double>()[i]);
    const int64_t size = y.value.numel();
    if (i == 0)
      kernels::scale_samples(y.value.data<T>(), weight, no_drop, 1, size, sum.value.data<T>());
    else
      kernels::add_samples(before.value.data<T>(), y.value.data<T>(), weight, no_drop, 1, size,
                           sum.value.data<T>());
  });
  if (auto* op = ctx.record<MixOp>({i == 0 ? nullptr : &before, &y}, {&share.logits}, {&sum})) {
    op->y = y.value;
    op->mask = mask;
    op->logits = &share.logits;
    op->p = share.p;
    op->i = i;
  }
  return sum;
}

}  // namespace norma
