#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "layers/norms/formula_joint.h"
#include "layers/norms/norm.h"

namespace norma {

// A norm whose formula mixes the statistics of several domains (formula_joint.h). It measures every
// channel of every sample, which is the column shape; the table then sees the whole batch at once.
class JointNorm : public Norm {
 public:
  JointNorm(const Scope& scope, std::string type, NormDefinition definition,
            std::shared_ptr<const kernels::JointTable> table,
            const std::vector<TableParam>& learned, int64_t channels);

  Var with_activation(Context& ctx, const Var& x, const Var* shortcut,
                      Activation activation) override;

 private:
  friend struct JointNormOp;
  Tensor learned_values() const;  // float64, all in a row
  void add_learned_grads(const double* grads) const;
  void track(Context& ctx, const kernels::JointCells& cells);
  bool merges() const override { return true; }
  void tracked(double count, const double* mean, const double* m2, double* second) const override;

  std::shared_ptr<const kernels::JointTable> table_;
  std::vector<Param*> learned_;
  std::vector<Param*> recorded_;
};

// Registers formula F at program start, as RegisterNorm does.
template <class F>
struct RegisterJointNorm {
  RegisterJointNorm(const char* type, const char* summary, const char* source) {
    const Entry entry{type, summary, source, describe_options<F>()};
    NormType norm{[](const Spec& spec) { return define_norm(options_of<F>(spec)); }, nullptr};
    norm.make = [](const Scope& scope, const Spec& spec, int64_t channels,
                   bool affine) -> std::unique_ptr<Norm> {
      const F options = options_of<F>(spec);
      NormDefinition definition = define_norm(options);
      if (!affine) definition.leave_out_affine();
      constexpr auto kLearned = F::kMixing;
      return std::make_unique<JointNorm>(scope, spec.type, std::move(definition),
                                         std::make_shared<formula::MixedTable<F>>(options),
                                         std::vector<TableParam>(kLearned.begin(), kLearned.end()),
                                         channels);
    };
    register_norm(entry, norm);
  }
};

}  // namespace norma
