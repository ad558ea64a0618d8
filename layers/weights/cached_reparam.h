#pragma once

#include <memory>
#include <utility>

#include "layers/norms/gradient_parts.h"
#include "layers/weights/reparam.h"

namespace norma {

// A re-parametrization whose weight is kept until its parameters change, so that evaluation and
// sampling derive it once, and layers that share the parameters once for all of them. `Values`
// holds `weight` and whatever the backward needs besides; forwards of an earlier state keep the
// values that they saw.
template <class Values>
class CachedReparam : public Reparam {
 public:
  // Adds the gradients of the parameters, given that of the weight.
  virtual void backward(const Values& values, const Tensor& dweight) const = 0;
  // What that does to the gradient, in the space of the weight.
  virtual GradientParts parts(const Values& values, const Tensor& dweight) const = 0;

 protected:
  CachedReparam(const Scope& scope, const char* leaf, const Shape& shape, const Init& init)
      : Reparam(scope, leaf, shape, init) {
    using Shared = std::shared_ptr<Derived>;
    std::any& known = this->leaf().derived;
    if (!std::any_cast<Shared>(&known)) known = std::make_shared<Derived>();
    derived_ = std::any_cast<Shared>(known);
  }
  virtual Values values() const = 0;
  // Carries on the state that training forwards move, once in each: of layers that share it by the
  // first to be used. Says whether it did.
  virtual bool advance(Context& /*ctx*/) { return false; }

  // A parameter besides the leaf; none at first.
  Param* gain() const { return gain_; }
  void set_gain(Param& gain) { gain_ = &gain; }

 private:
  struct Derivation final : NamedOp<Derivation> {
    static constexpr const char* kName = "reparam";
    const CachedReparam* reparam = nullptr;
    Values values;
    void backward(Grads& grads) override {
      reparam->backward(values, grads.out());
      if (NormObserver* const watching = norm_observer(grads))
        watching->on_norm_backward(reparam->path(), reparam->parts(values, grads.out()));
    }
  };

  // Of one parameter, whoever uses it.
  struct Derived {
    Values values;
    uint64_t parameters = 0;  // the versions that the values follow from, added up
    uint64_t version = 0;     // of the values
    uint64_t advances = 0;
  };

  WeightUse derive(Context& ctx) final {
    Derived& now = *derived_;
    // A sharer that has not seen the last advance is in the forward that made it.
    const bool advanced = advances_seen_ == now.advances && advance(ctx);
    now.advances += advanced;
    advances_seen_ = now.advances;
    const uint64_t parameters = leaf().version + (gain_ ? gain_->version : 0);
    if (advanced || parameters != now.parameters) {
      now.values = Values();  // its memory serves the new ones
      now.values = values();
      now.parameters = parameters;
      ++now.version;
    }
    Var weight{now.values.weight};
    if (auto* op = ctx.record<Derivation>({}, {&leaf(), gain_}, {&weight})) {
      op->reparam = this;
      op->values = now.values;
    }
    return {std::move(weight), now.version};
  }

  Param* gain_ = nullptr;
  std::shared_ptr<Derived> derived_;
  uint64_t advances_seen_ = 0;
};

}  // namespace norma
