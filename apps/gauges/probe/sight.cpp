#include "apps/gauges/probe/sight.h"

#include <algorithm>
#include <cmath>

namespace norma {

double ParamSight::weight_norm() const { return std::sqrt(weight_weight); }
double ParamSight::grad_norm() const { return std::sqrt(grad_grad); }
double ParamSight::step_norm() const { return std::sqrt(step_step); }

double ParamSight::radial() const { return std::abs(weight_grad) / (weight_norm() * grad_norm()); }

bool ParamSight::scale_free() const {
  const bool judged = param->kind == ParamKind::kWeight || param->kind == ParamKind::kEmbedding;
  const double numbers = static_cast<double>(param->numel());
  return judged && numbers >= 2 && radial() <= std::min(1e-3, 0.05 / std::sqrt(numbers));
}

}  // namespace norma
