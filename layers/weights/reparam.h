#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/config/registry.h"
#include "layers/module.h"

namespace norma {

// The weight of a product in one forward: a learned parameter itself, or derived from parameters.
struct WeightUse {
  WeightUse() = default;
  WeightUse(Param& learned) : var{learned.value}, learned(&learned), version(learned.version) {}
  WeightUse(Var derived, uint64_t version) : var(std::move(derived)), version(version) {}

  const Tensor& tensor() const { return var.value; }
  // The weight as products read it: itself, or rounded once for all products of this version.
  const Tensor& operand() const { return rounded ? rounded : var.value; }

  // Where a product's backward puts its gradient. A derived weight's is given to the tape.
  struct GradTarget {
    Tensor tensor;
    bool adds;  // to what is there, instead of assigning
  };
  GradTarget grad_target() const {
    if (learned) return {learned->grad, !learned->claim_grad()};
    return {Tensor::empty(var.shape(), var.value.dtype()), false};
  }

  Var var;                   // an input of the product; has a slot when derived
  Param* learned = nullptr;  // takes the gradient; null when derived: the tape takes it then
  uint64_t version = 0;      // changes whenever the weight does
  Tensor rounded = {};
};

// A re-parametrization: the weight of a layer as a function of what is learned instead. It owns the
// names of its state below the layer's scope; derived weights are never saved.
class Reparam {
 public:
  virtual ~Reparam() = default;
  Reparam(const Reparam&) = delete;
  Reparam& operator=(const Reparam&) = delete;

  // The weight of this forward, derived anew only where its state changed since the last one.
  WeightUse use(Context& ctx) {
    const PathScope here(ctx, path_);
    return derive(ctx);
  }
  // The parameter in the weight's place, of the weight's shape.
  Param& leaf() const { return *leaf_; }
  // The derived weight's place in the model.
  const std::string& path() const { return path_; }

 protected:
  // Draws the leaf, called `name`, by `init`.
  Reparam(const Scope& scope, const char* name, const Shape& shape, const Init& init)
      : path_((scope / "weight").path()),
        leaf_(&scope.param(name, shape, ParamKind::kWeight, init)) {}
  virtual WeightUse derive(Context& ctx) = 0;

 private:
  std::string path_;
  Param* leaf_;
};

// What is known by name as "reparam". Made from the layer's scope, the shape of the weight (outputs
// first) and how the layer would draw it.
using MakeReparam = std::unique_ptr<Reparam> (*)(const Scope&, const Spec&, const Shape&,
                                                 const Init&);
Registry<MakeReparam>& reparam_registry();

// Registers class R with options struct R::Options at program start. R is constructed from (scope,
// options, shape, init).
template <class R>
struct RegisterReparam {
  RegisterReparam(const char* type, const char* summary, const char* source) {
    reparam_registry().add({type, summary, source, describe_options<typename R::Options>()},
                           [](const Scope& scope, const Spec& spec, const Shape& shape,
                              const Init& init) -> std::unique_ptr<Reparam> {
                             return std::make_unique<R>(
                                 scope, options_of<typename R::Options>(spec), shape, init);
                           });
  }
};

// Says the option `reparam` of a layer with weights.
void describe_reparam(Fields& f, Spec& reparam);

// A layer's weight: learned under the name `weight`, or re-parametrized where a spec says so.
class Weight {
 public:
  Weight(const Scope& scope, const Spec& reparam, const Shape& shape, const Init& init);
  explicit Weight(Param& shared) : leaf_(&shared) {}

  WeightUse use(Context& ctx) { return reparam_ ? reparam_->use(ctx) : WeightUse(*leaf_); }
  // The same for a layer whose products read ctx.operands: `operand` is made, once a version.
  WeightUse use_in_products(Context& ctx);
  // The learned parameter of the weight's shape.
  Param& leaf() const { return *leaf_; }
  // Whether the weight is another than the learned parameter.
  bool reparametrized() const { return reparam_ != nullptr; }

 private:
  std::unique_ptr<Reparam> reparam_;
  Param* leaf_;
  Tensor rounded_;  // of rounded_version_
  uint64_t rounded_version_ = 0;
};

// For weights whose length is divided by: throws the Error that names the place when all of them
// start at zero.
void refuse_zero_start(const Scope& scope, const char* type, const Init& init);

}  // namespace norma
