#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/config/registry.h"
#include "core/param.h"

namespace norma {

// Which kinds of parameters weight decay shrinks. Gains, biases and scalar gates are left alone
// unless asked for: pulling a gain to zero changes what the layer computes.
struct DecayKinds {
  bool weight = true, embedding = true, gain = false, bias = false, scalar = false;
  void describe(Fields& f);
  bool covers(ParamKind kind) const;
};

// What one step needs besides the parameters.
struct StepInput {
  double lr = 0;
  double grad_scale = 1;  // gradients are sums: 1/(targets counted), times the clip factor
};

// Updates parameters from their gradients in one pass over the slabs.
class Optimizer {
 public:
  Optimizer(const ParamSet& params, const DecayKinds& decay, std::vector<std::string> slots);
  virtual ~Optimizer() = default;

  // One update; counts it, and tells the parameters that they changed.
  void step(ParamSet& params, const StepInput& input);
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

  // Moments and the like, each a slab of the parameters' layout, with their names in checkpoints.
  const std::vector<std::pair<std::string, Tensor>>& state() const { return state_; }

 protected:
  // A stretch of the slab that is treated alike.
  struct Run {
    int64_t begin, end;
    bool decays;
  };
  // Updates elements [run.begin, run.end), in this optimizer's arithmetic.
  virtual void update(const Run& run, const ParamSet& params, const StepInput& input) = 0;
  template <class T>
  T* slot(size_t i) const {
    return state_[i].second.template data<T>();
  }

 private:
  std::vector<Run> runs_;
  std::vector<std::pair<std::string, Tensor>> state_;
  int64_t steps_ = 0;
};

struct OptimizerType {
  std::unique_ptr<Optimizer> (*make)(const Spec&, const ParamSet&);
};
Registry<OptimizerType>& optimizer_registry();
std::unique_ptr<Optimizer> make_optimizer(const Spec& spec, const ParamSet& params);

// The learning rate that an optimizer's spec names.
double base_lr(const Spec& spec);

// Registers optimizer O with struct O::Options, constructed from (options, params).
template <class O>
struct RegisterOptimizer {
  RegisterOptimizer(const char* type, const char* summary, const char* source) {
    optimizer_registry().add(
        {type, summary, source, describe_options<typename O::Options>()},
        {[](const Spec& spec, const ParamSet& params) -> std::unique_ptr<Optimizer> {
          return std::make_unique<O>(options_of<typename O::Options>(spec), params);
        }});
  }
};

}  // namespace norma
