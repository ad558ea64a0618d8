// The only file that sees Eigen.
#include "core/singular_values.h"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <limits>

namespace norma {
namespace {

using Matrix = Eigen::MatrixXd;

// Of the triangle that a tall matrix turns into by a rotation, which keeps them.
std::vector<double> of(const Matrix& tall) {
  if (!tall.allFinite())
    return std::vector<double>(static_cast<size_t>(tall.cols()),
                               std::numeric_limits<double>::quiet_NaN());
  const Eigen::Index n = tall.cols();
  const Eigen::HouseholderQR<Matrix> rotated(tall);
  const Matrix triangle = rotated.matrixQR().topRows(n).triangularView<Eigen::Upper>();
  const Eigen::VectorXd values = Eigen::BDCSVD<Matrix>(triangle).singularValues();
  return {values.data(), values.data() + n};
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
