#pragma once

#include <set>
#include <string>
#include <vector>

#include "layers/norms/composed_norm.h"

namespace norma {

// The norms of a combination, of types that the strict reader checks. State: norms.0.…, norms.1.…
struct SeveralNorms {
  std::vector<Spec> norms;
  void describe_norms(Fields& f, const char* help) {
    f.specs("norms", norms, norm_registry(), help);
  }

  // The traits of norms side by side: the widest domain of all.
  NormDefinition traits() const {
    NormDefinition all;
    all.domain = Domain::none();
    all.centred = false;
    std::set<Domain::Kind> domains;
    for (const Spec& spec : norms) {
      const NormDefinition one = norm_registry().at(spec.type).define(spec);
      domains.insert(one.domain.kind);
      if (all.domain.kind < one.domain.kind) all.domain = one.domain;
      all.centred |= one.centred;
      all.bounded |= one.bounded;
      all.traits.mixes_domains |= one.traits.mixes_domains || domains.size() > 1;
      all.traits.approximate_backward |= one.traits.approximate_backward;
      all.traits.detaches |= one.traits.detaches;
    }
    return all;
  }
  std::vector<std::unique_ptr<Norm>> make(const Scope& scope, int64_t channels, bool affine) const {
    std::vector<std::unique_ptr<Norm>> made;
    for (size_t i = 0; i < norms.size(); ++i)
      made.push_back(
          make_norm(scope / "norms" / static_cast<int64_t>(i), norms[i], channels, affine));
    return made;
  }
};

}  // namespace norma
