#pragma once

#include <array>

#include "layers/norms/formula.h"
#include "layers/weights/reparam.h"

// Re-parametrizations that treat every output's weights alike: a statistic of the row of a weight
// (outputs, all inputs of one output), and a map. They are norms whose positions are outputs and
// whose channels are weights, so the row driver runs the same kind of formula:
//   kCentred, table(m) and map(x, u, stat) as in layers/norms/formula.h, and state() below.
namespace norma {

// What is learned besides the formula's own options, by the names that other libraries use.
struct RowState {
  const char* leaf = "weight";
  const char* gain = nullptr;  // a learned factor an output (outputs, 1, …); null = none
  // Where gains start: at 1, or at the length of the (centred) row, so that the weight starts as
  // the layer draws it.
  enum class Start : uint8_t { kOne, kLength } start = Start::kOne;
};

// What every such formula has in common.
struct RowFormula {
  static constexpr std::array<NormParam, 0> kParams{};
  static constexpr int kStats = 1;
  static constexpr Domain domain() { return Domain::row(); }
  RowState state() const { return {}; }
};

std::unique_ptr<Reparam> make_row_reparam(const Scope& scope, const char* type,
                                          NormDefinition definition, const RowState& state,
                                          const Shape& shape, const Init& init);

// Registers formula F at program start.
template <class F>
struct RegisterRowFormula {
  RegisterRowFormula(const char* type, const char* summary, const char* source) {
    reparam_registry().add(
        {type, summary, source, describe_options<F>()},
        [](const Scope& scope, const Spec& spec, const Shape& shape, const Init& init) {
          const F options = options_of<F>(spec);
          return make_row_reparam(scope, spec.type.c_str(), define_norm(options), options.state(),
                                  shape, init);
        });
  }
};

}  // namespace norma
