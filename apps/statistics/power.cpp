#include <cmath>
#include <stdexcept>

#include "apps/statistics/distributions.h"
#include "apps/statistics/t_tests.h"

namespace norma {
namespace {

// The chance that |T| exceeds `critical` where the true difference is `shift` standard errors.
double power_at(double shift, double degrees, double critical) {
  return 1 - noncentral_t_cdf(critical, degrees, shift) +
         noncentral_t_cdf(-critical, degrees, shift);
}

// In standard errors.
double detectable_shift(double degrees, double alpha, double power) {
  if (!(alpha > 0 && power > alpha && power < 1))
    throw std::invalid_argument("a power lies between the level of its test and 1");
  const double critical = student_t_quantile(1 - alpha / 2, degrees);
  // The power rises with the shift: false position, an end that stays counting half each time
  // (the Illinois rule), finds it in a few steps.
  double low = 0, below = alpha - power;
  double high = critical + student_t_quantile(power, degrees);
  double above = power_at(high, degrees, critical) - power;
  while (above < 0) above = power_at(high *= 2, degrees, critical) - power;
  for (int stayed = 0;;) {
    const double shift = (low * above - high * below) / (above - below);
    const double excess = power_at(shift, degrees, critical) - power;
    if (std::fabs(excess) < 1e-13 || high - low < 1e-13 * high) return shift;
    if (excess > 0) {
      high = shift;
      above = excess;
      if (stayed == -1) below /= 2;
      stayed = -1;
    } else {
      low = shift;
      below = excess;
      if (stayed == 1) above /= 2;
      stayed = 1;
    }
  }
}

}  // namespace

double detectable_difference(double standard_error, double degrees, double alpha, double power) {
  // Comparisons with as many pairs, as a study's are, ask for the same again and again, and it
  // takes longer than all the rest of a verdict.
  struct Answer {
    double degrees = 0, alpha = 0, power = 0, shift = 0;
  };
  thread_local Answer last;
  if (last.degrees != degrees || last.alpha != alpha || last.power != power)
    last = {degrees, alpha, power, detectable_shift(degrees, alpha, power)};
  return standard_error * last.shift;
}

}  // namespace norma
