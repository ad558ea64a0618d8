#include "layers/lstm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/kernels/lstm_cell.h"
#include "layers/elementwise.h"
#include "layers/inference.h"
#include "layers/layer_error.h"
#include "layers/recurrent.h"

namespace norma {
namespace {

constexpr const char* kLstm = "lstm";

struct CellOp : NamedOp<CellOp> {
  static constexpr const char* kName = "lstm_cell";
  Tensor valid, gates, o, before;

  kernels::LstmShape shape() const {
    return {o.shape()[0], o.shape()[1], valid ? valid.data<uint8_t>() : nullptr};
  }
  // Inputs: both products and the cell before; outputs: the cell and the output gate.
  void backward(Grads& grads) override {
    const DType dtype = o.dtype();
    const Tensor da = Tensor::empty({o.shape()[0], 4 * o.shape()[1]}, dtype);
    const Tensor dbefore = Tensor::empty(o.shape(), dtype);
    with_float_type(dtype, [&]<class T>() {
      const auto data = [](const Tensor& grad) { return grad ? grad.data<T>() : nullptr; };
      kernels::lstm_cell_backward<T>(shape(), gates.data<T>(), o.data<T>(), before.data<T>(),
                                     data(grads.out(0)), data(grads.out(1)), da.data<T>(),
                                     dbefore.data<T>());
    });
    grads.give(0, da);
    grads.give(1, da);
    grads.give(2, dbefore);
  }
};

struct OutputOp : NamedOp<OutputOp> {
  static constexpr const char* kName = "lstm_output";
  Tensor valid, o, x;

  kernels::LstmShape shape() const {
    return {o.shape()[0], o.shape()[1], valid ? valid.data<uint8_t>() : nullptr};
  }
  // Inputs: the output gate, the (normalized) cell and the output before.
  void backward(Grads& grads) override {
    const Tensor& dh = grads.out();
    const Tensor do_ = Tensor::empty(o.shape(), dh.dtype());
    const Tensor dx = Tensor::empty(o.shape(), dh.dtype());
    // Without padding the output before has no other way into this one.
    const Tensor dbefore =
        valid && grads.wants(2) ? Tensor::empty(o.shape(), dh.dtype()) : Tensor();
    with_float_type(dh.dtype(), [&]<class T>() {
      kernels::lstm_output_backward<T>(shape(), o.data<T>(), x.data<T>(), dh.data<T>(),
                                       do_.data<T>(), dx.data<T>(),
                                       dbefore ? dbefore.data<T>() : nullptr);
    });
    grads.give(0, do_);
    grads.give(1, dx);
    if (dbefore) grads.give(2, dbefore);
  }
};

// Whether each sample's position t is valid, positions outermost: (T,B).
Tensor by_position(const Tensor& mask) {
  if (!mask) return {};
  const int64_t batch = mask.shape()[0], time = mask.shape()[1];
  const Tensor turned = Tensor::empty({time, batch}, DType::kUInt8);
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t t = 0; t < time; ++t)
      turned.data<uint8_t>()[t * batch + b] = mask.data<uint8_t>()[b * time + t];
  return turned;
}

std::vector<NormSite> norm_sites() {
  const auto maybe = NormSite::Need::kIfNamed;
  return {{.name = "input", .need = maybe},
          {.name = "state", .need = maybe},
          {.name = "cell", .need = maybe}};
}

// A step of a recurrent layer has one position.
bool fits_one_position(const Spec& norm) {
  return norm_registry().at(norm.type).define(norm).domain.per_row();
}

}  // namespace

void Lstm::Options::describe(Fields& f) {
  f.integer("hidden", hidden, "features of the state", {.required = true, .min = 1});
  f.flag("bias", bias, "biases of the gates");
  f.number("forget_bias", forget_bias,
           "where the bias of the forget gate starts; the others start at 0");
  describe_norm(f, norm);
  describe_reparam(f, reparam);
  rule_norm(f, norm, 1);
}

void Lstm::Options::describe_norm(Fields& f, SpecChoice& norm) {
  SiteNames names;
  for (const NormSite& site : norm_sites()) names.push_back(site.name);
  f.spec_choice("norm", norm, norm_registry(), names,
                "norm of the gates' product with the input, of that with the state, and of the "
                "cell as the output sees it; none where nothing is said");
}

void Lstm::Options::rule_norm(Fields& f, const SpecChoice& norm, int64_t layers) {
  rule_norms(f, norm, norm_sites(), layers);
  bool fits = true;
  for (const NormSite& site : norm_sites())
    for (int64_t layer = 0; layer < layers; ++layer)
      if (const Spec* here = norm.find(site.name, layer)) fits = fits && fits_one_position(*here);
  f.rule(fits, "norm",
         "norms of rows, as layer_norm or rms_norm: others take statistics over positions, but a "
         "recurrent layer has one position at a time");
}

// PyTorch's default: uniform within ±1/√hidden.
Lstm::Lstm(const Scope& scope, const Options& options, int64_t in)
    : Module(scope),
      hidden_(options.hidden),
      ih_(scope / "ih", in, 4 * hidden_, false,
          Init::uniform(1 / std::sqrt(static_cast<double>(hidden_))), options.reparam),
      hh_(scope / "hh", options.reparam, {4 * hidden_, hidden_},
          Init::uniform(1 / std::sqrt(static_cast<double>(hidden_)))) {
  if (options.bias) {
    bias_ = &scope.param("bias", {4 * hidden_}, ParamKind::kBias, Init::constant(0));
    scope.when_materialized([bias = bias_, start = options.forget_bias](uint64_t) {
      const int64_t width = bias->numel() / 4;
      bias->value.slice(width, {width}).fill(start);
    });
  }
  const auto norm = [&](const char* name, const char* site, int64_t width) {
    const Spec* const chosen = options.norm.find(site, options.layer);
    return chosen ? make_norm(scope / name, *chosen, width) : nullptr;
  };
  ih_norm_ = norm("ih_norm", "input", 4 * hidden_);
  hh_norm_ = norm("hh_norm", "state", 4 * hidden_);
  cell_norm_ = norm("cell_norm", "cell", hidden_);
}

// One forward over a sequence.
struct Lstm::Sequence {
  RecurrentProduct product;
  Tensor valid;  // (T,B) or undefined
  Var h, c;      // the state before the next step
  int64_t steps;

  Tensor valid_at(int64_t t) const {
    const int64_t batch = h.shape()[0];
    return valid ? valid.slice(t * batch, {batch}) : Tensor();
  }
  // Where step t writes its output: where the product of the next step reads it.
  Tensor output(int64_t t) const {
    return t + 1 < steps ? product.state(t + 1) : Tensor::empty(h.shape(), h.value.dtype());
  }
};

Var Lstm::forward(Context& ctx, const Var& x) {
  if (x.shape().rank() != 3)
    layer_error(ctx, kLstm, "expects (B,T,C), found shape " + x.shape().str());
  const int64_t batch = x.shape()[0], time = x.shape()[1];
  Var from_input = ih_(ctx, zero_padding(ctx, x));
  if (ih_norm_) from_input = (*ih_norm_)(ctx, from_input);
  unstack(ctx, from_input, bias_, inputs_);

  Sequence sequence{.product = {hh_.use(ctx), time, batch},
                    .valid = by_position(ctx.mask),
                    .h = {},
                    .c = {},
                    .steps = time};
  sequence.h.value = sequence.product.state(0);
  sequence.c.value = Tensor::empty({batch, hidden_}, x.value.dtype());
  RecurrentState* const kept = ctx.inference ? &ctx.inference->states[path()] : nullptr;
  if (kept && ctx.inference->position > 0) {
    sequence.h.value.copy_from(kept->h);
    sequence.c.value.copy_from(kept->c);
  } else {
    sequence.h.value.zero();
    sequence.c.value.zero();
  }

  outputs_.clear();
  for (int64_t t = 0; t < time; ++t) {
    const Scoped valid(ctx.mask, sequence.valid_at(t));
    outputs_.push_back(step(ctx, sequence, t));
  }
  if (kept) *kept = {sequence.h.value.clone(), sequence.c.value.clone()};
  const Var y = zero_padding(ctx, stack(ctx, outputs_));
  inputs_.clear();
  outputs_.clear();
  return y;
}

Var Lstm::step(Context& ctx, Sequence& s, int64_t t) {
  Var from_state = s.product(ctx, s.h, t);
  if (hh_norm_) from_state = (*hh_norm_)(ctx, from_state);
  const DType dtype = from_state.value.dtype();
  const Shape shape = s.c.shape();
  CellOp cell;
  cell.valid = ctx.mask;
  cell.gates = Tensor::empty(shape.with_back(3 * hidden_), dtype);
  cell.o = Tensor::empty(shape, dtype);
  cell.before = s.c.value;
  Var c{Tensor::empty(shape, dtype)}, o{cell.o};
  const Var& from_input = inputs_[static_cast<size_t>(t)];
  with_float_type(dtype, [&]<class T>() {
    kernels::lstm_cell_forward<T>(cell.shape(), from_input.value.data<T>(),
                                  from_state.value.data<T>(), cell.before.data<T>(),
                                  cell.gates.data<T>(), cell.o.data<T>(), c.value.data<T>());
  });
  if (auto* op = ctx.record<CellOp>({&from_input, &from_state, &s.c}, {}, {&c, &o}))
    *op = std::move(cell);

  const Var seen = cell_norm_ ? (*cell_norm_)(ctx, c) : c;
  OutputOp output;
  output.valid = ctx.mask;
  output.o = o.value;
  output.x = seen.value;
  Var h{s.output(t)};
  with_float_type(dtype, [&]<class T>() {
    kernels::lstm_output_forward<T>(output.shape(), o.value.data<T>(), seen.value.data<T>(),
                                    s.h.value.data<T>(), h.value.data<T>());
  });
  if (auto* op = ctx.record<OutputOp>({&o, &seen, &s.h}, {}, {&h})) *op = std::move(output);
  s.c = c;
  s.h = h;
  return h;
}

namespace {
const RegisterLayer<Lstm> registered_lstm("lstm", "a long short-term memory, with norms if wanted",
                                          "Hochreiter and Schmidhuber 1997; Ba et al. 2016, "
                                          "arXiv:1607.06450");
}  // namespace

}  // namespace norma
