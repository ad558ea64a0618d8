// Feature-wise linear modulation: γ(c)·x + β(c), both a linear map of the conditioning vector.
// Perez, Strub, de Vries, Dumoulin, Courville 2018, arXiv:1709.07871.
#include "layers/conditional/conditional_norm.h"
#include "layers/conditional/modulate.h"
#include "layers/linear.h"

namespace norma {
namespace {

// State: `modulation.weight` (2C,D), rows γ then β, and `modulation.bias`; `norm.…`.
class Film final : public ConditionalNorm {
 public:
  struct Options {
    Spec norm{"identity"};
    void describe(Fields& f) { describe_norm(f, norm); }
  };
  Film(const Scope& scope, const Options& options, const LayerInput& input)
      : ConditionalNorm(scope, "film", options.norm, input),
        modulation_(scope / "modulation", cond_width("film", input), 2 * channels()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Var m = modulation_(ctx, cond(ctx, x));
    return modulate(ctx, normalized(ctx, x), 0, {&m, 0}, {&m, channels()});
  }

 private:
  Linear modulation_;
};

const RegisterLayer<Film> registered_film("film", "γ(cond) x + β(cond)",
                                          "Perez et al. 2018, arXiv:1709.07871");

}  // namespace
}  // namespace norma
