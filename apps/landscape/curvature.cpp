#include "apps/landscape/curvature.h"

#include <Spectra/SymEigsSolver.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace norma {
namespace {

// The Hessian as Spectra sees it.
class HessianProduct {
 public:
  using Scalar = double;
  HessianProduct(LossSurface& surface, double step) : surface_(surface), step_(step) {}
  Eigen::Index rows() const { return surface_.dimensions(); }
  Eigen::Index cols() const { return surface_.dimensions(); }
  void perform_op(const double* x, double* y) const {
    const Direction product =
        hessian_product(surface_, Direction(x, x + surface_.dimensions()), step_);
    std::copy(product.begin(), product.end(), y);
  }

 private:
  LossSurface& surface_;
  double step_;
};

double residual(LossSurface& surface, const Direction& vector, double eigenvalue, double step) {
  Direction rest = hessian_product(surface, vector, step);
  for (size_t i = 0; i < rest.size(); ++i) rest[i] -= eigenvalue * vector[i];
  return length(rest) / std::abs(eigenvalue);
}

double epsilon_of(DType dtype) {
  return dtype == DType::kFloat64 ? std::numeric_limits<double>::epsilon()
                                  : std::numeric_limits<float>::epsilon();
}

}  // namespace

Direction hessian_product(LossSurface& surface, const Direction& direction, double step) {
  const double norm = length(direction), factor = step / norm;
  if (norm == 0) return Direction(direction.size());
  Direction shift(direction), ahead, behind;
  for (double& each : shift) each *= factor;
  surface.gradient(shift, ahead);
  for (double& each : shift) each = -each;
  surface.gradient(shift, behind);
  for (size_t i = 0; i < ahead.size(); ++i) ahead[i] = (ahead[i] - behind[i]) / (2 * factor);
  if (!std::isfinite(length(ahead)))
    throw Error("curvature: the gradient is not finite " + format_number(step) +
                " beside the weights");
  return ahead;
}

double difference_step(const LossSurface& surface) {
  return std::cbrt(epsilon_of(surface.training().params().dtype())) * surface.weights_length();
}

Curvature largest_eigenvalues(LossSurface& surface, const CurvatureOptions& options) {
  const int64_t n = surface.dimensions(), before = surface.gradients();
  if (n < 2) throw Error("curvature: a model of " + std::to_string(n) + " numbers has no Hessian");
  const int64_t count = std::clamp<int64_t>(options.count, 1, n - 1);
  Curvature found;
  found.step = difference_step(surface);
  HessianProduct hessian(surface, found.step);
  Spectra::SymEigsSolver<HessianProduct> solver(hessian, count,
                                                std::min(n, std::max<int64_t>(2 * count + 1, 20)));
  solver.init();
  const auto done = solver.compute(Spectra::SortRule::LargestAlge, options.restarts,
                                   options.tolerance, Spectra::SortRule::LargestAlge);
  const Eigen::VectorXd values = solver.eigenvalues();
  const Eigen::MatrixXd vectors = solver.eigenvectors();
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const auto vector = vectors.col(i);
    found.eigenvalues.push_back(values[i]);
    found.residuals.push_back(
        residual(surface, Direction(vector.begin(), vector.end()), values[i], found.step / 2));
  }
  found.converged = done == count;
  found.gradients = surface.gradients() - before;
  return found;
}

}  // namespace norma
