#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "apps/bench/models.h"
#include "core/config/config.h"
#include "core/gemm.h"
#include "layers/loss.h"
#include "optim/clip.h"
#include "optim/optimizer.h"

namespace norma {
namespace {

// A training that sees the same batch again and again.
class TrainingRun {
 public:
  TrainingRun(const BenchModel& at, Operands operands)
      : params_(DType::kFloat32, 1),
        spec_(at.spec()),
        model_(make_model(Scope(params_), spec_, at.input)),
        input_(at.random_input(at.batch, at.positions)) {
    params_.materialize();
    optimizer_ = make_optimizer(make_spec(Json("adamw"), optimizer_registry(), "bench"), params_);
    target_ = at.reads_tokens() ? random_indices({at.batch, at.positions}, at.input.outputs, 2)
                                : random_indices({at.batch}, at.input.outputs, 2);
    ctx_.tape = &tape_;
    ctx_.training = true;
    ctx_.operands = operands;
    ctx_.recompute = Recompute::kNorms;  // as a training does it where the config is silent
    ctx_.loss_gradient_is_one = true;
    loss_ = make_loss(make_spec(Json("cross_entropy"), loss_registry(), "bench"));
  }

  void step() {
    params_.renew_grads();
    ctx_.step = optimizer_->steps();
    ctx_.begin_forward(0);
    ctx_.target = target_;
    const LossResult loss = loss_->of(ctx_, logits_of(*model_, ctx_, Var{input_}));
    tape_.backward(loss.sum);
    params_.clear_old_grads();
    const double mean = 1 / loss.weight, norm = grad_norm(params_, mean);
    // So small a rate that the loss stays where it is, whatever number of steps are taken.
    optimizer_->step(params_, {.lr = 1e-6, .grad_scale = mean / std::max(1.0, norm)});
  }

  double flops() const { return 3 * ctx_.flops(); }
  double bytes() const {
    const double all = static_cast<double>(params_.values().bytes());
    const double moments = static_cast<double>(optimizer_->state().size());
    return 2 * product_parameter_bytes(params_, spec_) + all + (3 + 2 * moments) * all;
  }
  double working_set() const {
    const double moments = static_cast<double>(optimizer_->state().size());
    return (2 + moments) * static_cast<double>(params_.values().bytes());
  }

 private:
  ParamSet params_;
  Spec spec_;
  std::unique_ptr<Module> model_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<Optimizer> optimizer_;
  Tensor input_, target_;
  Tape tape_;
  Context ctx_;
};

Work step_work(const BenchModel& at, Operands operands) {
  const auto run = std::make_shared<TrainingRun>(at, operands);
  run->step();
  return {.run = [run] { run->step(); },
          .bytes = run->bytes(),
          .flops = run->flops(),
          .working_set = run->working_set(),
          .arithmetic = operands == Operands::kBFloat16 ? Arithmetic::kProductBFloat16
                                                        : Arithmetic::kProductFloat32};
}

}  // namespace

std::vector<BenchCase> step_cases() {
  std::vector<BenchCase> cases;
  for (const BenchModel& at : bench_models()) {
    std::string name = std::string("step/") + at.name;
    if (at.reads_tokens()) name += "-T" + std::to_string(at.positions);
    name += "-B" + std::to_string(at.batch);
    cases.push_back({.name = name,
                     .make = [&at] { return step_work(at, Operands::kAsTheyAre); },
                     .large = at.large});
    if (at.reads_tokens() && multiplies_bfloat16())
      cases.push_back({.name = name + "/bfloat16",
                       .make = [&at] { return step_work(at, Operands::kBFloat16); },
                       .large = at.large});
  }
  return cases;
}

}  // namespace norma
