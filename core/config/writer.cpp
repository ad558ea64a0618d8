#include "core/config/writer.h"

namespace norma {

Json spec_json(const Spec& spec) {
  if (!spec) return nullptr;
  return spec.options ? *spec.options : Json{{"type", spec.type}};
}

}  // namespace norma
