#include <stdexcept>
#include <string>

#include "apps/statistics/distributions.h"
#include "apps/statistics/verdict.h"

namespace norma {

Proportion clopper_pearson(int count, int of, double confidence) {
  if (count < 0 || count > of)
    throw std::invalid_argument("a share of " + std::to_string(count) + " of " +
                                std::to_string(of));
  if (!(confidence > 0 && confidence < 1))
    throw std::invalid_argument("a confidence lies between 0 and 1, not at " +
                                std::to_string(confidence));
  const double outside = (1 - confidence) / 2;  // on either side
  Proportion share{.count = count, .of = of, .interval = {0, 1}};
  if (count > 0) share.interval.low = beta_quantile(outside, count, of - count + 1);
  if (count < of) share.interval.high = beta_quantile(1 - outside, count + 1, of - count);
  return share;
}

}  // namespace norma
