// Branches are added. He et al. 2015, arXiv:1512.03385.
#include "models/residual/scheme.h"

namespace norma {
namespace {

const RegisterResidualScheme registered_plain("plain", "branches are added",
                                              "He et al. 2015, arXiv:1512.03385", {});

}  // namespace
}  // namespace norma
