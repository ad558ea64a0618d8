#pragma once

#include "core/kernels/norm/columns.h"
#include "layers/norms/batch_cut.h"
#include "layers/norms/gradient_parts.h"
#include "layers/norms/norm.h"
#include "layers/norms/norm_passage.h"
#include "layers/norms/over_ranks.h"

namespace norma {

// A norm of the column shape on the tape.
struct ColumnNormOp final : NamedOp<ColumnNormOp>, NormOp, Remakes {
  static constexpr const char* kName = "norm";
  BatchCut cut;
  Comm* comm = nullptr;  // whose batches count as one; null: this process' alone
  Tensor x, y, mask;
  Tensor mean, m2, positions, slope;  // see kernels::ColumnState
  Tensor given_centre, given_stats;   // of every split; undefined: statistics from x
  Tensor past_mean, past_second, held_mean, held_m2;
  double updates = 0;
  bool streams = false;  // each sample has given ones of its own
  Tensor shortcut;
  Activation activation = Activation::kIdentity;
  // What the backward had from elsewhere, for those who look on: sums over all ranks, or the
  // coefficients that state steers.
  Tensor reduced_sums, steered;

  bool ends_op() const override { return !shortcut && activation == Activation::kIdentity; }
  int64_t domains() const { return mean ? mean.shape().back() : x.shape().back(); }

  template <class T>
  kernels::ColumnNorm<T> driver(const BatchPart& part) const {
    const auto at = [](const Tensor& tensor, int64_t first) {
      return tensor ? tensor.data<double>() + first : nullptr;
    };
    const int64_t channels = x.shape().back(), first = part.first_row * channels;
    kernels::ColumnNorm<T> made;
    made.program = norm->split(part.split).program<T>();
    made.samples = part.samples;
    made.positions = part.positions;
    made.channels = channels;
    made.merge = channels / domains();
    made.mask = mask ? mask.data<uint8_t>() + part.first_row : nullptr;
    made.x = x.data<T>() + first;
    made.given.centre = at(given_centre, part.split * channels);
    made.given.stats = at(given_stats, part.split * made.program.stats * channels);
    made.given.each_sample = streams;
    made.past_mean = at(past_mean, 0);
    made.past_second = at(past_second, 0);
    made.updates = updates;
    made.held_mean = at(held_mean, part.first_sample * domains());
    made.held_m2 = at(held_m2, part.first_sample * domains());
    made.shortcut = shortcut ? shortcut.data<T>() + first : nullptr;
    made.activation = activation;
    return made;
  }
  kernels::ColumnState state(const BatchPart& part) const {
    if (!mean) return {};
    const int64_t first = part.first_sample * domains();
    return {mean.data<double>() + first, m2.data<double>() + first,
            positions.data<double>() + part.first_sample,
            slope ? slope.data<double>() + first : nullptr};
  }

  template <class T>
  void forward_part(const BatchPart& part) const {
    const kernels::ColumnNorm<T> run = driver<T>(part);
    T* const target = y.data<T>() + part.first_row * run.channels;
    if (!comm) return columns_forward(run, target, state(part));
    columns_moments(run, state(part));
    merge_over_ranks(*comm, domains(), state(part));
    columns_map(run, target, state(part));
  }
  void forward() const {
    with_float_type(x.dtype(), [&]<class T>() {
      for (int64_t i = 0; i < cut.parts(); ++i) forward_part<T>(cut.part(i));
    });
  }

  // From the moments that the forward found, and shortcuts aside: these are outputs of other norms.
  bool can_remake() const { return !shortcut && !norm->definition().streaming; }
  Tensor remake() const override {
    const Tensor target = Tensor::empty(x.shape(), x.dtype());
    with_float_type(x.dtype(), [&]<class T>() {
      for (int64_t i = 0; i < cut.parts(); ++i) {
        const BatchPart part = cut.part(i);
        const kernels::ColumnNorm<T> run = driver<T>(part);
        columns_map(run, target.data<T>() + part.first_row * run.channels, state(part));
      }
    });
    return target;
  }

  template <class T>
  void backward_part(const BatchPart& part, kernels::ColumnGrads<T> grads) {
    const kernels::ColumnNorm<T> run = driver<T>(part);
    const int64_t first = part.first_row * run.channels;
    grads.y = y ? y.data<T>() + first : nullptr;
    grads.dy += first;
    grads.dx += first;
    if (grads.dshortcut) grads.dshortcut += first;
    if (!comm && !streams) return columns_backward(run, state(part), grads);
    const Tensor sums = Tensor::empty({run.samples, run.sums()}, DType::kFloat64);
    columns_sums(run, state(part), grads, sums.data<double>());
    if (comm) {
      comm->all_reduce(std::span(sums.data<double>(), static_cast<size_t>(sums.numel())));
      reduced_sums = sums;
      columns_apply(run, state(part), grads, sums.data<double>());
    } else {
      apply_controlled(run, grads, sums);
    }
  }
  // dx where state steers it, see kernels::NormStreaming.
  template <class T>
  void apply_controlled(kernels::ColumnNorm<T> run, const kernels::ColumnGrads<T>& grads,
                        const Tensor& sums) {
    const Tensor along = Tensor::empty({2, run.samples, run.channels}, DType::kFloat64);
    run.given.along_one = along.data<double>();
    run.given.along_u = run.given.along_one + run.samples * run.channels;
    control(sums, along);
    steered = along;
    columns_apply(run, state(cut.part(0)), grads, static_cast<const double*>(nullptr));
  }
  void control(const Tensor& sums, const Tensor& along) const;

  // What the backward did, for those who look on (column_parts.cpp).
  GradientParts parts(const Tensor& dy, const Tensor& dx) const;
  NormPassage passage(const BatchPart& part, const double* wide_x, const double* wide_dy) const;
  void add_moments(const BatchPart& part, NormPassage& passage) const;
  Projection projection() const;

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    if (activation == Activation::kRelu && !y) y = output();
    const Tensor dshortcut =
        shortcut && grads.wants(1) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
    with_float_type(x.dtype(), [&]<class T>() {
      for (int64_t i = 0; i < cut.parts(); ++i)
        backward_part<T>(cut.part(i), {.dy = dy.data<T>(),
                                       .dx = dx.data<T>(),
                                       .dshortcut = dshortcut ? dshortcut.data<T>() : nullptr});
    });
    if (NormObserver* const watching = norm_observer(grads))
      watching->on_norm_backward(norm->path(), parts(dy, dx));
    grads.give(0, dx);
    if (dshortcut) grads.give(1, dshortcut);
  }
};

}  // namespace norma
