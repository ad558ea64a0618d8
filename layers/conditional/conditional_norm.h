#pragma once

#include <memory>
#include <string>

#include "layers/conditional/conditioning_vector.h"
#include "layers/norms/norm.h"

namespace norma {

// What the conditional norms share: the statistic of any registered norm, without its learned γ and
// β, which come from outside instead. State: `norm.…` where that norm has some.
class ConditionalNorm : public Module {
 public:
  static void describe_norm(Fields& f, Spec& norm) {
    f.spec("norm", norm, norm_registry(), "the norm whose gain and offset are conditioned",
           {.required = true});
  }

  // A default norm with one option of its own.
  static Spec with_option(const Spec& norm, const char* option, bool value);
  static Spec with_option(const Spec& norm, const char* option, double value);

 protected:
  ConditionalNorm(const Scope& scope, const char* type, const Spec& norm, const LayerInput& input)
      : Module(scope),
        type_(type),
        channels_(input.shape.back()),
        norm_(make_norm(scope / "norm", norm, channels_, false)) {}

  int64_t channels() const { return channels_; }
  Var normalized(Context& ctx, const Var& x) { return (*norm_)(ctx, x); }

  // The conditioning vector of the batch (B,D).
  const Var& cond(Context& ctx, const Var& x) const { return conditioning_vector(ctx, type_, x); }
  // The width of the conditioning vector that the layer is built for.
  static int64_t cond_width(const char* type, const LayerInput& input) {
    if (input.cond.rank() == 2) return input.cond.back();
    throw Error("[" + std::string(type) + "] needs a conditioning vector `cond` (B,D)");
  }
  std::string place() const {
    return std::string("[").append(type_).append(" ").append(path()).append("] ");
  }

 private:
  const char* type_;
  int64_t channels_;
  std::unique_ptr<Norm> norm_;
};

}  // namespace norma
