// Weights of length 1: renormalized at the start and after each optimizer step, not in the forward,
// so that the gradient is that of the weight itself.
// Loshchilov, Hsieh, Sun, Ginsburg 2024 (nGPT), arXiv:2410.01131.
#include "layers/weights/unit_weight.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/kernels/unit_length.h"

namespace norma {
namespace {

constexpr const char* kType = "unit_weight";

class UnitWeight final : public Reparam {
 public:
  struct Options {
    std::string along = "inputs";
    void describe(Fields& f) {
      f.choice("along", along, {"inputs", "outputs"},
               "what a length sums over: all weights of an output, or all of an input");
    }
  };
  UnitWeight(const Scope& scope, const Options& options, const Shape& shape, const Init& init)
      : Reparam(scope, "weight", shape, init) {
    refuse_zero_start(scope, kType, init);
    keep_unit_length(scope, leaf(), options.along == "outputs");
  }

 protected:
  WeightUse derive(Context&) override { return WeightUse(leaf()); }
};

const RegisterReparam<UnitWeight> registered_unit_weight(
    kType, "w kept at length 1 after every optimizer step",
    "Loshchilov et al. 2024 (nGPT), arXiv:2410.01131");

}  // namespace

void keep_unit_length(const Scope& scope, Param& weight, bool along_outputs) {
  scope.after_updates([&weight, along_outputs] {
    const int64_t rows = weight.shape[0], columns = weight.numel() / rows;
    with_float_type(weight.value.dtype(), [&]<class T>() {
      T* const values = weight.value.data<T>();
      along_outputs ? kernels::unit_columns(values, rows, columns)
                    : kernels::unit_rows(values, rows, columns);
    });
  });
}

Spec reparam_of_projection(bool unit_sphere, bool onto_stream, const Spec& reparam) {
  if (!unit_sphere) return reparam;
  return make_spec(Json{{"type", kType}, {"along", onto_stream ? "outputs" : "inputs"}},
                   reparam_registry(), kType);
}

}  // namespace norma
