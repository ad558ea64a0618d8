#include "layers/norms/window_parts.h"

#include <cmath>
#include <vector>

namespace norma {

GradientParts window_parts(const std::string& type, const WindowPass& pass) {
  GradientParts made{.type = type, .projection = Projection::kWindows};
  for (Tensor* const term : {&made.direct_term, &made.one_term, &made.u_term})
    *term = Tensor::zeros(pass.x.shape(), DType::kFloat64);
  std::vector<double> gains;
  const int64_t channels = pass.x.shape().back();
  for (int64_t i = 0; i < pass.x.numel(); ++i) {
    if (pass.mask && !pass.mask.data<uint8_t>()[i / channels]) continue;
    const double x = pass.x.data<double>()[i], dy = pass.dy.data<double>()[i];
    const double all = pass.dx.data<double>()[i];
    const double gain = x == 0 ? 0 : pass.y.data<double>()[i] / x;
    const double direct = x == 0 ? all : dy * gain;
    if (x != 0) gains.push_back(gain);
    made.direct_term.data<double>()[i] = direct;
    made.u_term.data<double>()[i] = all - direct;
    made.incoming += dy * dy;
    made.direct += direct * direct;
    made.along_u += (all - direct) * (all - direct);
    made.outgoing += all * all;
    ++made.elements;
  }
  made.through_gamma = made.incoming;
  for (double* const length :
       {&made.incoming, &made.through_gamma, &made.direct, &made.along_u, &made.outgoing})
    *length = std::sqrt(*length);
  made.gain = spread_of(gains);
  return made;
}

}  // namespace norma
