#include "apps/gauges/probe/probe_gauge.h"
#include "core/singular_values.h"
#include "layers/weights/power_iteration.h"

namespace norma {
namespace {

// The vectors that a power iteration keeps beside its weight have these names.
const Buffer* beside(ParamSet& params, const Param& weight, const char* name, int64_t size) {
  const size_t dot = weight.name.rfind('.');
  const std::string place = dot == std::string::npos ? "" : weight.name.substr(0, dot + 1);
  const Buffer* const found = params.find_buffer(place + name);
  return found && found->value.numel() == size ? found : nullptr;
}

class SpectralNormError final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight& sight) const override {
    const Param& weight = *seen.param;
    if (weight.kind != ParamKind::kWeight || weight.shape.rank() < 2) return nullptr;
    const int64_t rows = weight.shape[0], columns = weight.numel() / rows;
    ParamSet& params = sight.training->params();
    const Buffer *const u = beside(params, weight, "u", rows), *const v = beside(params, weight,
                                                                                 "v", columns);
    if (!u || !v) return nullptr;
    return {{"power_iteration", singular_value(weight.value, u->value, v->value)},
            {"exact", singular_values(weight.value.view({rows, columns})).front()}};
  }
};

const RegisterProbeGauge<SpectralNormError> registered_spectral_norm_error(
    "spectral_norm_error", "how near a power iteration has come to the largest singular value",
    "Miyato et al. 2018, arXiv:1802.05957",
    "uᵀWv with the vectors u, v kept in the model, beside the exact largest singular value of W "
    "(rows: outputs), for each weight with such vectors; as the last step left them",
    "parameter");

}  // namespace
}  // namespace norma
