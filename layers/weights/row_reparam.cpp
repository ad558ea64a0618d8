// A row formula on the tape: weight = gain · formula(leaf), the gain optional.
#include <cmath>

#include "core/kernels/add.h"
#include "core/kernels/dot.h"
#include "core/kernels/norm/rows.h"
#include "core/kernels/scale_samples.h"
#include "layers/norms/parts_tally.h"
#include "layers/weights/cached_reparam.h"
#include "layers/weights/row_formula.h"

namespace norma {
namespace {

struct RowValues {
  Tensor mapped;    // by the formula, before the gain
  Tensor mean, m2;  // of each row
  Tensor weight;
};

class RowReparam final : public CachedReparam<RowValues> {
 public:
  RowReparam(const Scope& scope, const char* type, NormDefinition definition, const RowState& state,
             const Shape& shape, const Init& init);
  void backward(const RowValues& values, const Tensor& dweight) const override;
  GradientParts parts(const RowValues& values, const Tensor& dweight) const override;

 protected:
  RowValues values() const override;

 private:
  template <class T>
  kernels::RowNorm<T> driver() const;
  void start_gains_at_lengths() const;

  std::string type_;
  NormDefinition definition_;
  int64_t rows_, columns_;
};

Shape one_a_row(const Shape& shape) {
  Shape ones = shape;
  for (int axis = 1; axis < shape.rank(); ++axis) ones.set(axis, 1);
  return ones;
}

RowReparam::RowReparam(const Scope& scope, const char* type, NormDefinition definition,
                       const RowState& state, const Shape& shape, const Init& init)
    : CachedReparam(scope, state.leaf, shape, init),
      type_(type),
      definition_(std::move(definition)),
      rows_(shape[0]),
      columns_(shape.numel() / shape[0]) {
  if (definition_.centred && columns_ == 1)
    throw Error("[" + std::string(type) + " " + scope.path() +
                "] every output has a single weight, which is 0 without its mean; expected at "
                "least 2 weights an output");
  if (!state.gain) return;
  set_gain(scope.param(state.gain, one_a_row(shape), ParamKind::kGain, Init::constant(1)));
  if (state.start != RowState::Start::kLength) return;
  refuse_zero_start(scope, type, init);
  scope.when_materialized([this](uint64_t) { start_gains_at_lengths(); });
}

template <class T>
kernels::RowNorm<T> RowReparam::driver() const {
  kernels::RowNorm<T> made;
  made.program = definition_.program<T>();
  made.rows = rows_;
  made.channels = made.entering = columns_;
  made.x = leaf().value.data<T>();
  return made;
}

RowValues RowReparam::values() const {
  const Shape& shape = leaf().shape;
  const DType dtype = leaf().value.dtype();
  RowValues made{.mapped = Tensor::empty(shape, dtype),
                 .mean = Tensor::empty({rows_}, DType::kFloat64),
                 .m2 = Tensor::empty({rows_}, DType::kFloat64),
                 .weight = {}};
  made.weight = gain() ? Tensor::empty(shape, dtype) : made.mapped;
  with_float_type(dtype, [&]<class T>() {
    kernels::rows_forward(driver<T>(), made.mapped.data<T>(), made.mean.data<double>(),
                          made.m2.data<double>());
    if (gain())
      kernels::scale_samples(made.mapped.data<T>(), T(1), gain()->value.data<T>(), rows_, columns_,
                             made.weight.data<T>());
  });
  return made;
}

void RowReparam::backward(const RowValues& values, const Tensor& dweight) const {
  const Tensor dleaf = Tensor::empty(leaf().shape, dweight.dtype());
  const Tensor dmapped = gain() ? Tensor::empty(leaf().shape, dweight.dtype()) : dweight;
  with_float_type(dweight.dtype(), [&]<class T>() {
    if (gain()) {
      kernels::add_row_dots(gain()->grad.data<T>(), dweight.data<T>(), values.mapped.data<T>(),
                            rows_, columns_);
      kernels::scale_samples(dweight.data<T>(), T(1), gain()->value.data<T>(), rows_, columns_,
                             dmapped.data<T>());
    }
    kernels::rows_backward<T>(driver<T>(), dmapped.data<T>(), nullptr, values.mean.data<double>(),
                              values.m2.data<double>(), dleaf.data<T>());
    kernels::add_to(leaf().grad.data<T>(), dleaf.data<T>(), dleaf.numel());
  });
}

// The learned gain is the γ of its row: what reaches the formula went through it.
GradientParts RowReparam::parts(const RowValues& values, const Tensor& dweight) const {
  const Tensor v = leaf().value.to(DType::kFloat64), incoming = dweight.to(DType::kFloat64);
  const Tensor dmapped = incoming.clone(), mapped = values.mapped.to(DType::kFloat64);
  double dgains = 0;
  for (int64_t row = 0; gain() && row < rows_; ++row) {
    double* const of_row = dmapped.data<double>() + row * columns_;
    dgains += std::pow(kernels::dot(of_row, mapped.data<double>() + row * columns_, columns_), 2);
    for (int64_t c = 0; c < columns_; ++c) of_row[c] *= gain()->value.item(row);
  }
  NormPassage passage{
      .definition = &definition_,
      .rows = rows_,
      .channels = columns_,
      .merge = columns_,
      .entering = columns_,
      .x = v.data<double>(),
      .dy = dmapped.data<double>(),
      .count = std::vector<double>(static_cast<size_t>(rows_), static_cast<double>(columns_)),
      .centre = values.mean.to_vector(),
      .m2 = values.m2.to_vector()};
  passage.tabulate();
  passage.flow_back(passage.sums());
  PartsTally tally(type_, definition_, leaf().shape);
  tally.add(passage, 0, incoming.data<double>());
  GradientParts made = tally.finish();
  made.of_weight = true;
  if (gain()) made.length_gradient = std::sqrt(dgains);
  return made;
}

void RowReparam::start_gains_at_lengths() const {
  const Tensor m2 = values().m2;
  with_float_type(gain()->value.dtype(), [&]<class T>() {
    for (int64_t row = 0; row < rows_; ++row)
      gain()->value.data<T>()[row] = static_cast<T>(std::sqrt(m2.data<double>()[row]));
  });
}

}  // namespace

std::unique_ptr<Reparam> make_row_reparam(const Scope& scope, const char* type,
                                          NormDefinition definition, const RowState& state,
                                          const Shape& shape, const Init& init) {
  return std::make_unique<RowReparam>(scope, type, std::move(definition), state, shape, init);
}

}  // namespace norma
