#pragma once

#include <utility>

#include "layers/weights/reparam.h"

namespace norma {

// A re-parametrization whose weight is kept until its parameters change, so that evaluation and
// sampling derive it once. `Values` holds `weight` and whatever the backward needs besides;
// forwards of an earlier state keep the values that they saw.
template <class Values>
class CachedReparam : public Reparam {
 public:
  // Adds the gradients of the parameters, given that of the weight.
  virtual void backward(const Values& values, const Tensor& dweight) const = 0;

 protected:
  CachedReparam(const Scope& scope, const char* leaf, const Shape& shape, const Init& init)
      : Reparam(scope, leaf, shape, init) {}
  virtual Values values() const = 0;
  // Carries on the state that training forwards move; says whether it did.
  virtual bool advance(Context& /*ctx*/) { return false; }

  // A parameter besides the leaf; none at first.
  Param* gain() const { return gain_; }
  void set_gain(Param& gain) { gain_ = &gain; }

 private:
  struct Derivation final : NamedOp<Derivation> {
    static constexpr const char* kName = "reparam";
    const CachedReparam* reparam = nullptr;
    Values values;
    void backward(Grads& grads) override { reparam->backward(values, grads.out()); }
  };

  WeightUse derive(Context& ctx) final {
    const uint64_t parameters = leaf().version + (gain_ ? gain_->version : 0);
    if (advance(ctx) || parameters != parameters_) {
      values_ = Values();  // its memory serves the new ones
      values_ = values();
      parameters_ = parameters;
      ++version_;
    }
    Var weight{values_.weight};
    if (auto* op = ctx.record<Derivation>({}, {&leaf(), gain_}, {&weight})) {
      op->reparam = this;
      op->values = values_;
    }
    return {std::move(weight), version_};
  }

  Param* gain_ = nullptr;
  Values values_;
  uint64_t parameters_ = 0;  // the versions that values_ follow from, added up
  uint64_t version_ = 0;     // of values_
};

}  // namespace norma
