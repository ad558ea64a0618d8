#include "layers/norms/expression/formula.h"

#include <array>
#include <cmath>

#include "layers/norms/expression/places.h"

namespace norma::expression {
namespace {

template <class T>
using Arguments = std::array<Place<T>, block_argument::kCount>;

template <class T>
Arguments<T> arguments_of(const kernels::NormBlock<T>& block) {
  Arguments<T> all;
  all[block_argument::kX] = input(block.x, block.x_stride);
  all[block_argument::kHigh] = input(block.centre_hi);
  all[block_argument::kLow] = input(block.centre_lo);
  for (int k = 0; k < kernels::kMaxNormStats; ++k)
    all[static_cast<size_t>(block_argument::kStat + k)] = input(block.stats[k]);
  for (int j = 0; j < kernels::kMaxNormParams; ++j)
    all[static_cast<size_t>(block_argument::kParam + j)] = input(block.params[j]);
  return all;
}

template <class T>
const Formula& formula_of(const kernels::NormBlock<T>& block) {
  return *static_cast<const Formula*>(block.context);
}

template <class T>
void forward_block(const kernels::NormForwardBlock<T>& block) {
  const Arguments<T> arguments = arguments_of(block);
  const Place<T> y[] = {{block.y, block.y_stride}};
  run<T>(formula_of(block).forward, block.rows, block.channels, arguments, y);
}

template <class T>
void sums_block(const kernels::NormSumsBlock<T>& block) {
  Arguments<T> arguments = arguments_of(block);
  arguments[block_argument::kDy] = input(block.dy, block.dy_stride);
  std::array<Place<T>, sums_result::kCount> results;
  results[sums_result::kCentre] = {block.dcentre};
  results[sums_result::kDx] = {block.dx, block.dx_stride};
  for (int k = 0; k < kernels::kMaxNormStats; ++k)
    results[static_cast<size_t>(sums_result::kStat + k)] = {block.dstats[k]};
  for (int j = 0; j < kernels::kMaxNormParams; ++j)
    results[static_cast<size_t>(sums_result::kParam + j)] = {block.dparams[j]};
  run<T>(formula_of(block).sums, block.rows, block.channels, arguments, results);
}

template <class T>
void apply_block(const kernels::NormApplyBlock<T>& block) {
  Arguments<T> arguments = arguments_of(block);
  arguments[block_argument::kDy] = input(block.dy, block.dy_stride);
  arguments[block_argument::kAlongOne] = input(block.along_one);
  arguments[block_argument::kAlongU] = input(block.along_u);
  arguments[block_argument::kKept] = input(block.dx, block.dx_stride);
  const Place<T> dx[] = {{block.dx, block.dx_stride}};
  run<T>(formula_of(block).apply, block.rows, block.channels, arguments, dx);
  for (int64_t row = 0; block.beside && row < block.rows; ++row)
#pragma omp simd
    for (int64_t c = row * block.dx_stride; c < row * block.dx_stride + block.channels; ++c)
      block.dx[c] += block.beside[c];
}

class FormulaTable final : public kernels::NormTable {
 public:
  explicit FormulaTable(const Formula& formula) : formula_(formula) {}

  void forward(const kernels::NormCells& cells, double* stats) const override {
    run_over(formula_.table, cells, nullptr, rows_of(stats, cells.cells));
  }
  void backward(const kernels::NormCells& cells, const double* dstats, double* dmean,
                double* dm2) const override {
    Rows results{};
    results[0] = {dmean};
    results[1] = {dm2};
    run_over(formula_.table_back, cells, dstats, results);
  }
  // The unbiased variance; of moments that are not about the mean, the mean square.
  void tracked(const kernels::NormCells& cells, double* second) const override {
    for (int64_t i = 0; i < cells.cells; ++i)
      second[i] = cells.m2[i] / (formula_.centred ? cells.n[i] - 1 : cells.n[i]);
  }
  void given(const kernels::NormCells& cells, double* stats) const override {
    run_over(formula_.given, cells, nullptr, rows_of(stats, cells.cells));
  }

 private:
  using Rows = std::array<Place<double>, kernels::kMaxNormStats>;

  static Rows rows_of(double* stats, int64_t cells) {
    Rows rows;
    for (size_t k = 0; k < rows.size(); ++k) rows[k] = {stats + static_cast<int64_t>(k) * cells};
    return rows;
  }
  static void run_over(const Program& program, const kernels::NormCells& cells,
                       const double* dstats, const Rows& results) {
    std::array<Place<double>, table_argument::kCount> arguments;
    arguments[table_argument::kN] = input(cells.n);
    arguments[table_argument::kMean] = input(cells.mean);
    arguments[table_argument::kM2] = input(cells.m2);
    for (int k = 0; dstats && k < kernels::kMaxNormStats; ++k)
      arguments[static_cast<size_t>(table_argument::kDstat + k)] = input(dstats + k * cells.cells);
    run<double>(program, 1, cells.cells, arguments, results);
  }

  const Formula& formula_;
};

}  // namespace

template <class T>
kernels::NormBlockKernels<T> Formula::kernels() const {
  kernels::NormBlockKernels<T> made{&forward_block<T>, &sums_block<T>};
  if (stats > 0) made.apply = &apply_block<T>;
  made.keeps_direct = keeps_direct;
  made.context = this;
  return made;
}
template kernels::NormBlockKernels<float> Formula::kernels() const;
template kernels::NormBlockKernels<double> Formula::kernels() const;

std::unique_ptr<kernels::NormTable> Formula::make_table() const {
  return stats > 0 ? std::make_unique<FormulaTable>(*this) : nullptr;
}

bool Formula::is_bounded() const {
  if (stats > 0) return false;
  constexpr double kFar = 1e6, kFarther = 1e12;
  const double x[] = {-kFarther, -kFar, kFar, kFarther};
  double y[4], initial[kernels::kMaxNormParams];
  kernels::NormForwardBlock<double> block;
  block.context = this;
  block.rows = 4;
  block.channels = block.x_stride = block.y_stride = 1;
  block.x = x;
  block.y = y;
  for (size_t j = 0; j < params.size(); ++j) {
    initial[j] = params[j].init;
    block.params[j] = initial + j;
  }
  forward_block(block);
  // Anything that still grows there, a logarithm too, grows without bound.
  const auto grows = [](double far, double farther) {
    return !(std::abs(farther) <= 1.1 * std::abs(far) + 1);
  };
  return !grows(y[1], y[0]) && !grows(y[2], y[3]);
}

}  // namespace norma::expression
