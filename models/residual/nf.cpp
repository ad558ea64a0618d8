// Without norms: standardized weights and expected variances (models/nf_block.h). Brock, De, Smith
// 2021 (NF-ResNet), arXiv:2101.08692.
#include "models/residual/scheme.h"

namespace norma {
namespace {

const RegisterResidualScheme registered_nf(
    "nf", "standardized weights and expected variances; no norm",
    "Brock, De, Smith 2021, arXiv:2101.08692",
    {.norms = false, .expected_variance = true, .block = "preact"});

}  // namespace
}  // namespace norma
