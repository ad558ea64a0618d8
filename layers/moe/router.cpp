#include "layers/moe/router.h"

namespace norma {

Registry<MakeRouter>& router_registry() {
  static Registry<MakeRouter> registry("router");
  return registry;
}

}  // namespace norma
