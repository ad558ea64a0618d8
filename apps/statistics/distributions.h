#pragma once

namespace norma {

// Distributions, from Boost.Math, to 14 digits or so. Degrees of freedom need not be whole (Welch's
// are not). Arguments outside a distribution's domain throw std::domain_error; the quantiles of 0
// and 1 are infinite where the distribution is unbounded.

double student_t_cdf(double t, double degrees);
double student_t_quantile(double p, double degrees);
// P(T ≤ t) of the noncentral t, (Z + shift)/√(χ²/degrees), for the power of a test. Far below the
// shift, where it is tiny, its error is about 1e-16 and not in proportion.
double noncentral_t_cdf(double t, double degrees, double shift);
double normal_cdf(double z);
double normal_quantile(double p);
// The beta distribution of shape (a, b), for intervals of proportions.
double beta_quantile(double p, double a, double b);

}  // namespace norma
