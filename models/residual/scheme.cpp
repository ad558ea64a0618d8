#include "models/residual/scheme.h"

namespace norma {

Registry<ResidualScheme>& residual_scheme_registry() {
  static Registry<ResidualScheme> registry("residual scheme");
  return registry;
}

RegisterResidualScheme::RegisterResidualScheme(const char* type, const char* summary,
                                               const char* source, const ResidualScheme& scheme) {
  struct NoOptions {
    void describe(Fields&) {}
  };
  residual_scheme_registry().add({type, summary, source, describe_options<NoOptions>()}, scheme);
}

}  // namespace norma
