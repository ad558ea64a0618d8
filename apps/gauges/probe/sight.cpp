#include "apps/gauges/probe/sight.h"

#include <cmath>

namespace norma {

double ParamSight::weight_norm() const { return std::sqrt(weight_weight); }
double ParamSight::grad_norm() const { return std::sqrt(grad_grad); }
double ParamSight::step_norm() const { return std::sqrt(step_step); }

double ParamSight::radial() const { return std::abs(weight_grad) / (weight_norm() * grad_norm()); }

}  // namespace norma
