#pragma once

namespace norma {

// Distributions, from Boost.Math. Degrees of freedom need not be whole (Welch's are not). Arguments
// outside a distribution's domain throw std::domain_error.

double student_t_cdf(double t, double degrees);
double student_t_quantile(double p, double degrees);
// P(T ≤ t) of Student's t shifted by `shift`, for the power of a test.
double noncentral_t_cdf(double t, double degrees, double shift);
double normal_cdf(double z);
double normal_quantile(double p);
// The beta distribution of shape (a, b), for intervals of proportions.
double beta_quantile(double p, double a, double b);

}  // namespace norma
