#include "layers/conditional/modulate.h"

#include "core/kernels/modulate.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

struct ModulateOp final : NamedOp<ModulateOp> {
  static constexpr const char* kName = "modulate";
  Tensor x, mask, gain, offset;
  int64_t gain_column = 0, offset_column = 0;
  bool per_position = false;
  double factor = 1, unit = 1;

  template <class T, class M>
  static kernels::Modulation<M> columns(const Tensor& from, int64_t column) {
    if (!from) return {};
    return {from.data<T>() + column, from.shape().back()};
  }
  template <class T>
  kernels::Modulate<T> driver() const {
    const Nsc size = nsc_of(x.shape());
    return {.samples = size.n,
            .positions = size.s,
            .channels = size.c,
            .per_position = per_position,
            .factor = static_cast<T>(factor),
            .unit = static_cast<T>(unit),
            .mask = mask ? mask.data<uint8_t>() : nullptr,
            .x = x.data<T>(),
            .gain = columns<T, const T>(gain, gain_column),
            .offset = columns<T, const T>(offset, offset_column)};
  }

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = grads.wants(0) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
    // Columns that are not read get no gradient.
    const auto wanted = [&](int input, const Tensor& from) {
      if (!from || !grads.wants(input)) return Tensor();
      return from.shape().back() == x.shape().back() ? Tensor::empty(from.shape(), from.dtype())
                                                     : Tensor::zeros(from.shape(), from.dtype());
    };
    const Tensor dgain = wanted(1, gain), doffset = wanted(2, offset);
    with_float_type(x.dtype(), [&]<class T>() {
      kernels::modulate_backward(driver<T>(), dy.data<T>(), dx ? dx.data<T>() : nullptr,
                                 columns<T, T>(dgain, gain_column),
                                 columns<T, T>(doffset, offset_column));
    });
    if (dx) grads.give(0, dx);
    if (dgain) grads.give(1, dgain);
    if (doffset) grads.give(2, doffset);
  }
};

// Whether a modulation has a row a position; throws unless it fits x.
bool has_positions(Context& ctx, const Var& x, const Modulation& modulation) {
  const Nsc size = nsc_of(x.shape());
  const Shape& shape = modulation.from->shape();
  const int64_t rows = modulation.from->value.rows();
  if (modulation.column + size.c > shape.back() || (rows != size.n && rows != size.rows()))
    layer_error(ctx, ModulateOp::kName,
                "expects " + std::to_string(size.c) +
                    " gains or offsets a sample or a position for an input " + x.shape().str() +
                    ", found " + shape.str());
  return rows == size.rows() && size.s > 1;
}

}  // namespace

Var modulate(Context& ctx, const Var& x, double unit, const Modulation& gain,
             const Modulation& offset, double factor) {
  ModulateOp op;
  op.x = x.value;
  op.factor = factor;
  op.unit = unit;
  op.per_position = has_positions(ctx, x, gain);
  op.gain = gain.from->value;
  op.gain_column = gain.column;
  if (offset.from) {
    if (has_positions(ctx, x, offset) != op.per_position)
      layer_error(ctx, ModulateOp::kName, "gains and offsets must both be per sample or position");
    op.offset = offset.from->value;
    op.offset_column = offset.column;
  }
  if (ctx.mask && ctx.mask.numel() == x.value.rows()) op.mask = ctx.mask;
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  with_float_type(x.value.dtype(),
                  [&]<class T>() { kernels::modulate(op.driver<T>(), y.value.data<T>()); });
  if (auto* node = ctx.record<ModulateOp>({&x, gain.from, offset.from}, {}, {&y}))
    *node = std::move(op);
  return y;
}

}  // namespace norma
