// Signals and gradients in wide perceptrons without skips, at initialization: means over weights
// that are independent and centred, in layers so wide that these means are what one sees.
//
// Batch norm (Yang et al. 2019, "A mean field theory of batch normalization", arXiv:1902.08129):
// whatever comes in, samples leave the norms of a deep net about uncorrelated, so the ReLU's output
// has the second moment 1/2 and the mean 1/√(2π). What the next norm divides by is the variance
// over the batch, in proportion to 1/2 − 1/(2π), while the gradient comes through half of the units
// and as many weights: it grows by (1/2)/(1/2 − 1/(2π)) = π/(π − 1) a layer.
//
// Group norm, by the same means over weights (derived here; Lubana, Dick, Tanaka 2021,
// arXiv:2106.05956, show both for convolutional nets). A sample's group is g independent normal
// numbers, centred and brought to length √g.
// Backward: the projection leaves g − 2 of g directions, and the length is that of a χ² with g − 1
// degrees of freedom, whose inverse has the mean 1/(g − 3): growth (g − 2)/(g − 3).
// Forward: for two samples of cosine ρ the centred groups have the cosine of a sample correlation r
// of g pairs; the direction being random, ReLU makes of r the arc-cosine kernel κ(r) (Cho, Saul
// 2009), so that behind the next layer the cosine is the mean of κ(r) over the law of r.
#include <algorithm>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "apps/gauges/assumptions.h"
#include "apps/gauges/gauges.h"

namespace norma {
namespace {

constexpr int64_t kWide = 1024;
constexpr double kPi = std::numbers::pi;

// Supposes a wide perceptron with this norm and ReLU. Says how many hidden layers it has.
int64_t expect_wide_perceptron(Assumptions& assumed, const char* norm) {
  assumed.expect(assumed.training().config().model.type == "mlp",
                 "the model is no perceptron without skips (model.type \"mlp\")");
  if (!assumed.hold()) return 0;
  assumed.expect_option("norm", norm);
  assumed.expect_option("activation", "relu");
  const auto width = assumed.option("width").get<int64_t>();
  const auto layers = assumed.option("layers").get<int64_t>();
  assumed.expect(width >= kWide, "layers of " + std::to_string(width) +
                                     " features are no wide ones, which have " +
                                     std::to_string(kWide));
  assumed.expect(layers >= 2, "gradients flow between two hidden layers at least");
  return layers;
}

// That samples behind the first norm are as alike as those are that came in without correlation.
void expect_similarity(Assumptions& assumed, double cosine) {
  if (!assumed.hold()) return;
  const double found = read_gauge(assumed.training(), "sample_similarity").front();
  assumed.expect(std::abs(found - cosine) <= 0.02,
                 "the mean cosine of samples behind the first norm is " + format_number(found) +
                     " and not that of uncorrelated inputs, " + format_number(cosine));
}

Prediction same_everywhere(double value, int64_t count) {
  const std::vector<double> same(static_cast<size_t>(count), value);
  return {.low = same, .high = same, .why_not = {}};
}

// The cosine behind ReLU of two directions of cosine r, in the mean over wide random weights.
double arc_cosine_kernel(double r) {
  r = std::clamp(r, -1.0, 1.0);
  return (std::sqrt(1 - r * r) + (kPi - std::acos(r)) * r) / kPi;
}

// The density of the correlation r of g pairs of normal numbers of correlation ρ, but for a factor
// that does not depend on r. Fisher 1915, "Frequency distribution of the values of the correlation
// coefficient in samples from an indefinitely large population", in Hotelling's form of 1953.
double correlation_density(double r, double rho, double g) {
  const double z = (1 + rho * r) / 2;
  double series = 1, term = 1;  // ₂F₁(½, ½; g − ½; z)
  for (double k = 0; k < 1000 && term > 1e-16 * series; ++k) {
    term *= (k + 0.5) * (k + 0.5) / ((g - 0.5 + k) * (k + 1)) * z;
    series += term;
  }
  // Scaled by its value at r = ρ, or a large group would leave the range of a double.
  const double log_shape = (g - 4) / 2 * std::log((1 - r * r) / (1 - rho * rho)) -
                           (g - 1.5) * std::log((1 - rho * r) / (1 - rho * rho));
  return std::exp(log_shape) * series;
}

// What becomes of the cosine ρ of two samples in a layer with groups of g.
double next_similarity(double rho, double g) {
  using Quadrature = boost::math::quadrature::gauss_kronrod<double, 61>;
  // Almost all of the law lies within 8 deviations of Fisher's z = artanh r.
  const double centre = std::atanh(std::min(rho, 1 - 1e-9)), reach = 8 / std::sqrt(g - 3);
  const auto mean_of = [&](auto&& function) {
    return Quadrature::integrate(
        [&](double z) {
          const double r = std::tanh(z);
          return function(r) * correlation_density(r, rho, g) * (1 - r * r);
        },
        centre - reach, centre + reach, 10, 1e-10);
  };
  return mean_of(arc_cosine_kernel) / mean_of([](double) { return 1.0; });
}

Prediction batch_norm_explosion(Training& training) {
  Assumptions assumed(training);
  const int64_t layers = expect_wide_perceptron(assumed, "batch_norm");
  const TrainOptions& train = training.config().train;
  const Json& ghost = assumed.option("norm.ghost_batch");
  const int64_t batch = train.batch / train.accumulate;
  const int64_t together = ghost.is_number() ? std::min(batch, ghost.get<int64_t>()) : batch;
  assumed.expect(together >= 128, std::to_string(together) +
                                      " samples share a statistic, and the mean over them is one "
                                      "over all from 128 on");
  expect_similarity(assumed, 1 / kPi);
  return assumed.hold() ? same_everywhere(kPi / (kPi - 1), layers - 1) : assumed.refusal();
}

// What both theories of group norm suppose. Says how many features a group has.
double expect_groups(Assumptions& assumed, int64_t& layers) {
  layers = expect_wide_perceptron(assumed, "group_norm");
  const Json& groups = assumed.option("norm.groups");
  if (!groups.is_number()) return 0;
  const auto group = assumed.option("width").get<int64_t>() / groups.get<int64_t>();
  // Below, the inverse of χ² with g − 1 degrees has no variance, and no number of seeds suffices.
  assumed.expect(group >= 6, "groups of " + std::to_string(group) +
                                 " features divide by lengths that come too near to 0");
  if (assumed.hold()) expect_similarity(assumed, next_similarity(0, static_cast<double>(group)));
  return static_cast<double>(group);
}

Prediction group_norm_growth(Training& training) {
  Assumptions assumed(training);
  int64_t layers = 0;
  const double g = expect_groups(assumed, layers);
  return assumed.hold() ? same_everywhere((g - 2) / (g - 3), layers - 1) : assumed.refusal();
}

Prediction group_norm_similarity(Training& training) {
  Assumptions assumed(training);
  int64_t layers = 0;
  const double g = expect_groups(assumed, layers);
  if (!assumed.hold()) return assumed.refusal();
  Prediction prediction;
  double cosine = 0;
  for (int64_t layer = 0; layer < layers; ++layer)
    prediction.low.push_back(cosine = next_similarity(cosine, g));
  prediction.high = prediction.low;
  return prediction;
}

const RegisterTheory registered_batch_norm_explosion(
    "batch_norm_explosion", "batch norm without skips makes gradients explode with depth",
    "Yang et al. 2019, arXiv:1902.08129",
    {"gradient_growth", "squared gradients grow by π/(π − 1) = 1.467 a layer, 0.3832 in logarithm",
     batch_norm_explosion});

const RegisterTheory registered_group_norm_growth(
    "group_norm_growth", "smaller groups make gradients grow faster on their way back",
    "after Lubana, Dick, Tanaka 2021, arXiv:2106.05956, and Yang et al. 2019, arXiv:1902.08129",
    {"gradient_growth", "squared gradients grow by (g − 2)/(g − 3) a layer, g features a group",
     group_norm_growth});

const RegisterTheory registered_group_norm_similarity(
    "group_norm_similarity", "smaller groups keep the activations of different samples apart",
    "after Lubana, Dick, Tanaka 2021, arXiv:2106.05956; Cho, Saul 2009",
    {"sample_similarity",
     "a cosine ρ becomes E κ(r), r the correlation of g pairs of normal numbers of correlation ρ, "
     "κ(r) = (√(1 − r²) + (π − arccos r) r)/π",
     group_norm_similarity});

}  // namespace
}  // namespace norma
