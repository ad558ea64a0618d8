#pragma once

#include <memory>

#include "layers/layer_registry.h"
#include "layers/logits.h"

namespace norma {

// What a loss says of one batch. Sums, not means: gradients add up over micro-batches and are
// divided once per optimizer step by the summed weight.
struct LossResult {
  Var sum;              // (1): differentiated
  double total = 0;     // the same number in double
  double weight = 0;    // targets counted: tokens or samples; for regressions, elements
  int64_t correct = 0;  // of these, how many were predicted rightly; only if the loss classifies
};

// −log softmax(logits)[target], with `label_smoothing` of the target's probability spread over all
// classes. logits (…, K); target int32, one a row; rows whose target is `ignore_index` do not
// count. `z_loss` times (log Σ exp(logit))² is added to every row that counts: it keeps logits from
// drifting (Chowdhery et al. 2022 (PaLM), arXiv:2204.02311).
LossResult cross_entropy(Context& ctx, const Var& logits, const Tensor& target,
                         double label_smoothing = 0, int64_t ignore_index = -100,
                         double z_loss = 0);

// (x − target)², summed over all elements.
LossResult mse(Context& ctx, const Var& x, const Tensor& target);

// The cross-entropy of independent yes-or-no questions: targets in [0, 1], summed over all
// elements.
LossResult bce_with_logits(Context& ctx, const Var& logits, const Tensor& target);

// A loss with its options, comparing an output with the context's target.
class Loss {
 public:
  virtual ~Loss() = default;
  virtual LossResult operator()(Context& ctx, const Var& output) const = 0;
  // The same of an output whose last product is not carried out yet.
  virtual LossResult of(Context& ctx, Logits logits) const;
  // Whether `LossResult::correct` means something.
  virtual bool classifies() const = 0;
};

using MakeLoss = std::unique_ptr<Loss> (*)(const Spec&);
using LossRegistry = Registry<MakeLoss>;
LossRegistry& loss_registry();
std::unique_ptr<Loss> make_loss(const Spec& spec);

// A loss as a layer: the mean over what it counts, 0 when it counts nothing.
class MeanLoss : public Module {
 public:
  MeanLoss(const Scope& scope, std::unique_ptr<Loss> loss)
      : Module(scope), loss_(std::move(loss)) {}

 protected:
  Var forward(Context& ctx, const Var& output) override;

 private:
  std::unique_ptr<Loss> loss_;
};

// Registers loss class L, constructed from its struct L::Options, as a loss and as a layer.
template <class L>
struct RegisterLoss {
  RegisterLoss(const char* type, const char* summary, const char* source) {
    using Options = typename L::Options;
    const Entry entry{type, summary, source, describe_options<Options>()};
    loss_registry().add(entry, [](const Spec& spec) -> std::unique_ptr<Loss> {
      return std::make_unique<L>(options_of<Options>(spec));
    });
    layer_registry().add(
        entry,
        [](const Scope& scope, const Spec& spec, const LayerInput&) -> std::unique_ptr<Module> {
          return std::make_unique<MeanLoss>(scope, std::make_unique<L>(options_of<Options>(spec)));
        });
  }
};

}  // namespace norma
