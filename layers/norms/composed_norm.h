#pragma once

#include <memory>
#include <string>
#include <utility>

#include "layers/norms/norm.h"

namespace norma {

// A norm that is no single formula: one made of other norms, or one whose statistic is no moment of
// a domain, with an operation of its own. It writes only a forward; streams are resolved before it,
// shortcuts and activations come after it, as operations of their own.
class ComposedNorm : public Norm {
 public:
  ComposedNorm(const Scope& scope, const char* type, NormDefinition traits, int64_t channels)
      : Norm(scope, type, std::move(traits), channels) {}

  std::pair<Stream, Var> on_stream(Context& ctx, const Stream& stream) override;
  Var with_activation(Context& ctx, const Var& x, const Var* shortcut,
                      Activation activation) override;

 protected:
  Var forward(Context& ctx, const Var& x) override = 0;
};

// Registers class N at program start, as RegisterNorm does for a formula. N has Options and
//   static NormDefinition traits(const Options&)   without kernels: domain, centred …
//   N(scope, options, channels, affine)
template <class N>
struct RegisterComposedNorm {
  using Options = typename N::Options;
  RegisterComposedNorm(const char* type, const char* summary, const char* source) {
    const Entry entry{type, summary, source, describe_options<Options>()};
    NormType norm{[](const Spec& spec) { return N::traits(options_of<Options>(spec)); }, nullptr,
                  nullptr};
    norm.make = [](const Scope& scope, const Spec& spec, int64_t channels,
                   bool affine) -> std::unique_ptr<Norm> {
      return std::make_unique<N>(scope, options_of<Options>(spec), channels, affine);
    };
    register_norm(entry, norm);
  }
};

}  // namespace norma
