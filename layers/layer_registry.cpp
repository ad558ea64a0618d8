#include "layers/layer_registry.h"

namespace norma {

LayerRegistry& layer_registry() {
  static LayerRegistry registry("layer");
  return registry;
}

std::unique_ptr<Module> make_layer(const Scope& scope, const Spec& spec, const LayerInput& input) {
  return layer_registry().at(spec.type)(scope, spec, input);
}

}  // namespace norma
