#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/config/registry.h"
#include "core/kernels/activation.h"
#include "core/kernels/norm/columns.h"
#include "layers/layer_registry.h"
#include "layers/module.h"
#include "layers/norms/definition.h"
#include "layers/norms/formula.h"
#include "layers/residual/stream.h"

namespace norma {

class BatchCut;
struct ColumnNormOp;

// A normalization of (B,C), (B,T,C) or channels-last (B,H,W,C). Its mathematics is a formula in a
// file of its own; this class gives it parameters, running statistics and a place on the tape.
// Padding positions (`ctx.mask`) enter no statistic and come out as 0.
class Norm : public Module {
 public:
  Norm(const Scope& scope, std::string type, NormDefinition definition, int64_t channels);

  // y = norm(the resolved stream): one pass adds the pending branch and normalizes. Returns the
  // stream with nothing pending, and y.
  virtual std::pair<Stream, Var> on_stream(Context& ctx, const Stream& stream);
  // y = activation(norm(x) + shortcut) in one pass; the shortcut may be null.
  virtual Var with_activation(Context& ctx, const Var& x, const Var* shortcut,
                              Activation activation);

  const std::string& type() const { return type_; }
  const NormDefinition& definition() const { return definition_; }
  int64_t channels() const { return channels_; }
  // The first so many channels of a row enter its statistic.
  int64_t entering() const;

  // What is tracked beside the mean, from the moments of one domain a channel.
  virtual void tracked(double count, const double* mean, const double* m2, double* second) const;
  // Whether the moments that it tracks of batches merge to those of all of them.
  virtual bool merges() const;
  // The running statistics: their mean and what is tracked beside it (see Running); null without.
  Buffer* running_mean() const { return running_mean_; }
  Buffer* running_second() const { return running_second_; }

  // The program that drivers run, with parameter pointers filled in. T is the model's float type.
  template <class T>
  kernels::NormProgram<T> program() const;
  std::vector<Param*> params() const { return params_; }
  // What the map reads of each declared parameter, learned or not, in float64.
  std::vector<Tensor> param_values() const;

  // For one who looks on while the drivers run: `replace` may put other block kernels, which call
  // the norm's own, in their place.
  void replace_kernels(FunctionRef<void(kernels::NormBlockKernels<double>&)> replace);

 protected:
  Var forward(Context& ctx, const Var& x) override;
  std::string place() const;  // what its errors begin with
  void check_input(const Var& x) const;
  // The valid positions of an input of this shape; undefined: all.
  Tensor mask_for(const Context& ctx, const Shape& shape) const;
  void check_shortcut(const Var& x, const Var* shortcut) const;
  // Whether this forward takes its statistics from the batch, or running ones.
  bool from_batch(const Context& ctx) const;
  // One step of the running statistics towards sums over `counted` domains.
  void update(double counted, const double* mean, const double* second);

 private:
  friend struct RowNormOp;
  friend struct ColumnNormOp;
  // The processes whose batches count as one with this forward's; null: there are no others.
  Comm* shared_with(const Context& ctx) const;
  BatchCut cut_for(const Context& ctx, const Shape& shape) const;
  void read_batch(Context& ctx, ColumnNormOp& op) const;
  void read_running(ColumnNormOp& op) const;
  void keep_statistics(Context& ctx, const ColumnNormOp& op);
  void stream(Context& ctx, ColumnNormOp& op);
  // Centre and stats that follow from the running statistics: one a channel, and (stats, channels).
  void given(double* centre, double* stats) const;
  // The norm of the i-th split of a batch; the first is this one.
  const Norm& split(int64_t i) const {
    return i == 0 ? *this : *splits_[static_cast<size_t>(i - 1)];
  }
  Norm& split(int64_t i) { return const_cast<Norm&>(std::as_const(*this).split(i)); }
  // Carries moments of `rows` domains a channel over into the running statistics.
  void track(Context& ctx, int64_t rows, const kernels::ColumnState& moments);
  // Observables (observables.cpp). "curve_input": what a bounded curve reads, αx + s, of x's shape.
  // "norm_statistics", float64 (4,C): mean and second of the batch as they would be tracked,
  // averaged over its domains, then those tracked so far.
  void show_curve_input(const Context& ctx, const Tensor& x) const;
  void show_statistics(const Context& ctx, int64_t rows, const kernels::ColumnState& moments) const;

  std::string type_;
  NormDefinition definition_;
  int64_t channels_;
  std::vector<Param*> params_;     // null where the definition's parameter is not learned
  std::vector<Tensor> constants_;  // what the map reads then
  Buffer* running_mean_ = nullptr;
  Buffer* running_second_ = nullptr;
  Buffer* batches_ = nullptr;
  std::vector<Buffer*> state_;                 // of streaming statistics
  std::vector<std::unique_ptr<Norm>> splits_;  // but the first
  std::vector<Param*> all_params_;             // of all splits
};

// An operation on the tape that runs a norm. Its last output is the norm's own where `ends_op`.
struct NormOp {
  Norm* norm = nullptr;
  virtual ~NormOp() = default;
  // Whether nothing is done to the norm's output in the same pass.
  virtual bool ends_op() const { return true; }
};

// The norm that adds a learned offset a channel and does nothing else: what is left of one whose
// gain went into a neighbour.
Spec offset_alone();

// How a registered norm is made. With `affine` false it leaves out its learned γ and β.
struct NormType {
  NormDefinition (*define)(const Spec& spec);
  // The same, differentiated by dual numbers although the formula gives its derivatives by hand:
  // what tests and `bench` hold them against. Null where dual numbers are the only way.
  NormDefinition (*define_by_dual)(const Spec& spec);
  // For norms that are no single formula (composed_norm.h); null: made from the definition.
  std::unique_ptr<Norm> (*make)(const Scope& scope, const Spec& spec, int64_t channels,
                                bool affine) = nullptr;
};
Registry<NormType>& norm_registry();

// Builds the norm that a spec names, for `channels` channels.
std::unique_ptr<Norm> make_norm(const Scope& scope, const Spec& spec, int64_t channels,
                                bool affine = true);

// Makes a norm known by name, as a norm and as a layer.
void register_norm(const Entry& entry, const NormType& norm);

// Registers formula F at program start:
//   const RegisterNorm<RmsNorm> registered_rms_norm("rms_norm", "γ x / √(mean x² + ε)", "Zhang,
//   Sennrich 2019 …");
template <class F>
struct RegisterNorm {
  RegisterNorm(const char* type, const char* summary, const char* source) {
    const Entry entry{type, summary, source, describe_options<F>()};
    NormType norm{[](const Spec& spec) { return define_norm(options_of<F>(spec)); }, nullptr};
    if constexpr (formula::kHasPullback<F>)
      norm.define_by_dual = [](const Spec& spec) {
        return define_norm<F, formula::By::kDual>(options_of<F>(spec));
      };
    register_norm(entry, norm);
  }
};

}  // namespace norma
