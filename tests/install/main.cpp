// What a user of the library relies on: headers that stand alone, and everything that registers
// itself still there, though nothing here names it.

#include <cstdio>

#include "core/dtype.h"
#include "core/version.h"
#include "layers/layer_registry.h"
#include "layers/norms/norm.h"
#include "models/model.h"
#include "optim/optimizer.h"

namespace {

bool knows(const norma::RegistryBase& registry, const char* type) {
  const bool known = registry.find(type) != nullptr;
  std::printf("%s: %zu known, %s among them: %s\n", registry.kind().c_str(),
              registry.entries().size(), type, known ? "yes" : "no");
  return known;
}

}  // namespace

int main() {
  std::printf("norma %s\n", norma::version());
  const bool rounds = float(norma::bfloat16(1.5f)) == 1.5f;
  const bool all_known =
      knows(norma::norm_registry(), "rms_norm") & knows(norma::layer_registry(), "linear") &
      knows(norma::model_registry(), "gpt") & knows(norma::optimizer_registry(), "adamw");
  return rounds && all_known ? 0 : 1;
}
