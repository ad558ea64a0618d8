#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/config/config.h"
#include "layers/layer_registry.h"
#include "layers/weights/reparam.h"
#include "tests/gradcheck.h"
#include "tests/specimen.h"

// Layers with re-parametrized weights, for tests that go through all of them.
namespace norma {

inline Json with_reparam(Json layer, const Json& reparam) {
  layer["reparam"] = reparam;
  return layer;
}

inline MakeModule layer_of(const Json& json, const Shape& input) {
  const Spec spec = make_spec(json, layer_registry(), "layer");
  return [=](const Scope& scope) { return make_layer(scope, spec, {.shape = input}); };
}

// Every registered type with its defaults, and those with options worth a check of their own.
inline std::vector<Json> reparams() {
  std::vector<Json> all;
  for (const Entry* entry : reparam_registry().entries()) all.push_back({{"type", entry->type}});
  all.push_back({{"type", "unit_weight"}, {"along", "outputs"}});
  all.push_back({{"type", "centered_weight"}, {"normalize", true}});
  all.push_back({{"type", "weight_standardization"}, {"convention", "official"}, {"eps", 0.1}});
  all.push_back({{"type", "weight_standardization"}, {"convention", "bit"}});
  all.push_back({{"type", "scaled_weight_standardization"},
                 {"convention", "timm"},
                 {"activation", "relu"},
                 {"eps", 0.1}});
  all.push_back(
      {{"type", "scaled_weight_standardization"}, {"activation", "gelu"}, {"gain", false}});
  return all;
}

// A layer with its state, as a program holds it.
struct Layer {
  Layer(const Json& json, const Shape& input, DType dtype = DType::kFloat64) : set(dtype, 4) {
    module = layer_of(json, input)(Scope(set));
    set.materialize();
    x = Tensor::from(normal_numbers("x", input.numel()), input, dtype);
    ctx.dtype = dtype;
    ctx.training = true;
  }
  Tensor forward() { return (*module)(ctx, {x}).value.clone(); }
  // One step of plain gradient descent on half the square of the output.
  void step() {
    ctx.tape = &tape;
    ctx.begin_forward(0);
    const Var y = (*module)(ctx, {x});
    set.zero_grad();
    tape.backward(y, y.value);
    for (Param& param : set.params())
      for (int64_t i = 0; i < param.numel(); ++i)
        param.value.data<double>()[i] -= 0.01 * param.grad.data<double>()[i];
    set.touch();
  }
  std::vector<double> values(const char* name) { return set.find(name)->value.to_vector(); }

  ParamSet set;
  std::unique_ptr<Module> module;
  Tensor x;
  Tape tape;
  Context ctx;
};

inline const Json kLinear = {{"type", "linear"}, {"out", 9}, {"bias", false}};

}  // namespace norma
