// The only file that sees Eigen.
#include "core/singular_values.h"

#include <Eigen/Eigenvalues>
#include <limits>

namespace norma {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

// The bidiagonal matrix that rotations from both sides turn a tall matrix into, with the same
// singular values: its diagonal and what is above it in turns (Golub and Kahan 1965).
Vector bidiagonal(Matrix tall) {
  const Eigen::Index n = tall.cols();
  Vector entries(2 * n - 1), scratch(tall.rows());
  double tau = 0;
  for (Eigen::Index k = 0; k < n; ++k) {
    const Eigen::Index below = tall.rows() - k, right = n - k - 1;
    auto column = tall.col(k).tail(below);
    column.makeHouseholderInPlace(tau, entries(2 * k));
    tall.bottomRightCorner(below, right)
        .applyHouseholderOnTheLeft(column.tail(below - 1), tau, scratch.data());
    if (right == 0) break;
    auto row = tall.row(k).tail(right);
    row.makeHouseholderInPlace(tau, entries(2 * k + 1));
    tall.bottomRightCorner(below - 1, right)
        .applyHouseholderOnTheRight(row.tail(right - 1).transpose(), tau, scratch.data());
  }
  return entries;
}

// Singular values of a bidiagonal matrix are the positive eigenvalues of the symmetric tridiagonal
// one with zeros on its diagonal and the entries beside it. Eigen's own SVD would take a tenth of
// the time that all of Norma takes to compile.
std::vector<double> of(const Matrix& tall) {
  const Eigen::Index n = tall.cols();
  Eigen::SelfAdjointEigenSolver<Matrix> solver;
  if (tall.allFinite())
    solver.computeFromTridiagonal(Vector::Zero(2 * n), bidiagonal(tall), Eigen::EigenvaluesOnly);
  if (!tall.allFinite() || solver.info() != Eigen::Success)
    return std::vector<double>(static_cast<size_t>(n), std::numeric_limits<double>::quiet_NaN());
  const Vector largest_first = solver.eigenvalues().tail(n).reverse().cwiseAbs();
  return {largest_first.data(), largest_first.data() + n};
}

}  // namespace

std::vector<double> singular_values_of_some_rows(const Tensor& matrix, int64_t most) {
  const int64_t all = matrix.rows(), columns = matrix.shape().back();
  const int64_t rows = all < most ? all : most;
  Matrix taken(columns, rows);
  with_float_type(matrix.dtype(), [&]<class T>() {
    for (int64_t row = 0; row < rows; ++row) {
      const T* const from = matrix.data<T>() + row * all / rows * columns;
      for (int64_t c = 0; c < columns; ++c) taken(c, row) = static_cast<double>(from[c]);
    }
  });
  if (columns >= rows) return of(taken);
  const Matrix tall = taken.transpose();
  return of(tall);
}

std::vector<double> singular_values(const Tensor& matrix) {
  return singular_values_of_some_rows(matrix, matrix.rows());
}

}  // namespace norma
