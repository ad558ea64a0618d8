#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "core/config/fields.h"

namespace norma {

// The defaults of another library, or of the paper: what `set` gives to options that a config does
// not say itself. The first of a norm's conventions is Norma's own default and sets nothing.
template <class F>
struct Convention {
  const char* name;
  void (*set)(F& options);
};

// Of norms that these libraries share but for ε; PyTorch's and the papers' is Norma's.
template <class F>
constexpr auto eps_conventions() {
  using Set = Convention<F>;
  return std::array{Set{"torch", [](F&) {}}, Set{"keras", [](F& o) { o.eps = 1e-3; }},
                    Set{"flax", [](F& o) { o.eps = 1e-6; }}, Set{"paper", [](F&) {}}};
}

// The option `convention` of a norm F that has `std::string convention` and
//   static constexpr auto conventions()   std::array of Convention<F>
// F says it before the options that it changes.
template <class F>
void describe_convention(Fields& f, F& options) {
  constexpr auto kAll = F::conventions();
  const std::string before = options.convention;
  [&]<size_t... i>(std::index_sequence<i...>) {
    f.choice("convention", options.convention, {kAll[i].name...},
             "whose defaults the options not given here have");
  }
  (std::make_index_sequence<kAll.size()>{});
  // A pass that writes the options finds them set already.
  if (options.convention == before) return;
  for (const Convention<F>& each : kAll)
    if (options.convention == each.name) each.set(options);
}

}  // namespace norma
