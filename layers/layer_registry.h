#pragma once

#include <memory>

#include "core/config/registry.h"
#include "layers/module.h"

namespace norma {

// What a layer can be built from besides its own options: the shapes of its input (channels-last)
// and, where it reads them, of the side inputs `Context::cond` and `Context::segmentation`.
struct LayerInput {
  Shape shape;
  Shape cond = {}, segmentation = {};
};

// Factories of all layers that configs, the `layer` command and the tests reach by name.
using MakeLayer = std::unique_ptr<Module> (*)(const Scope&, const Spec&, const LayerInput&);
using LayerRegistry = Registry<MakeLayer>;
LayerRegistry& layer_registry();

// Builds the layer a spec names.
std::unique_ptr<Module> make_layer(const Scope& scope, const Spec& spec, const LayerInput& input);

// Registers layer class L with options struct L::Options at program start:
//   const RegisterLayer<Linear> registered_linear("linear", "y = x Wᵀ + b", "…");
// L is constructed from (scope, options, input).
template <class L>
struct RegisterLayer {
  RegisterLayer(const char* type, const char* summary, const char* source) {
    layer_registry().add({type, summary, source, describe_options<typename L::Options>()},
                         [](const Scope& scope, const Spec& spec,
                            const LayerInput& input) -> std::unique_ptr<Module> {
                           return std::make_unique<L>(scope, options_of<typename L::Options>(spec),
                                                      input);
                         });
  }
};

}  // namespace norma
