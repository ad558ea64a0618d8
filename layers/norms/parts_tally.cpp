#include "layers/norms/parts_tally.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "layers/norms/slope_factors.h"

namespace norma {
namespace {

using Numbers = std::vector<double>;

// Two sums that are equal but for rounding, given the size of what they sum.
constexpr double kEqual = 1e-9;

double square(double x) { return x * x; }

bool only_first_stat_moves(const NormPassage& passage, const NormPassage::Slopes& first) {
  const auto none = [](const Numbers& slopes) {
    return std::all_of(slopes.begin(), slopes.end(), [](double slope) { return slope == 0; });
  };
  if (!none(first.by_mean)) return false;
  for (int stat = 1; stat < passage.definition->stats; ++stat) {
    const NormPassage::Slopes other = passage.slopes_of_stat(stat);
    if (!none(other.by_mean) || !none(other.by_m2)) return false;
  }
  return true;
}

// Σ dy·∂map/∂s over Σ dy·∂map/∂x·u for each cell, found with another gradient dy than the real one:
// the slope times u, for which the second sum is positive. A map that scales u has 1/s, or what
// another function of s in its place has, whichever the gradient.
using PerStat = Numbers;
PerStat per_stat(const NormPassage& passage) {
  Numbers dy = slope_of(passage, passage.params);
  Numbers squares(static_cast<size_t>(passage.cells()));
  passage.over_elements([&](size_t i, size_t, size_t cell) {
    dy[i] *= passage.u(i, cell);
    squares[cell] += square(dy[i]);
  });
  NormPassage other = passage;
  other.dy = dy.data();
  const Numbers sums = other.sums();
  const int64_t runs = passage.runs(), numbers = passage.definition->stats + 1;
  PerStat made(squares.size());
  for (size_t i = 0; i < made.size(); ++i) {
    const auto cell = static_cast<int64_t>(i);
    const double by_stat = sums[static_cast<size_t>(cell / runs * numbers * runs + cell % runs)];
    made[i] = squares[i] > 0 ? by_stat / squares[i] : 0;
  }
  return made;
}

}  // namespace

PartsTally::PartsTally(std::string type, const NormDefinition& definition, const Shape& shape,
                       Projection projection) {
  parts_.type = std::move(type);
  parts_.projection = projection;
  parts_.centred = definition.centred && definition.stats > 0;
  parts_.direct_term = Tensor::zeros(shape, DType::kFloat64);
  parts_.one_term = Tensor::zeros(shape, DType::kFloat64);
  parts_.u_term = Tensor::zeros(shape, DType::kFloat64);
}

void PartsTally::add(const NormPassage& passage, int64_t first_row, const double* incoming) {
  const int64_t first = first_row * passage.channels;
  passage.pass(passage.dy, passage.params, parts_.direct_term.data<double>() + first);
  passage.removed(parts_.one_term.data<double>() + first, parts_.u_term.data<double>() + first);
  const SlopeFactors factors = factors_of(passage);
  add_lengths(passage, first, incoming, factors.gamma);
  const std::vector<Cell> cells = cells_of(passage, first, factors.gain);
  add_gains(passage, factors.gain, cells);
  if (parts_.projection != Projection::kPointwise && parts_.projection != Projection::kAcross)
    add_directions(passage, cells);
}

// Squared lengths; `finish` takes the roots.
void PartsTally::add_lengths(const NormPassage& passage, int64_t first, const double* incoming,
                             const std::vector<double>& gamma) {
  const double* const direct = parts_.direct_term.data<double>() + first;
  const double* const one = parts_.one_term.data<double>() + first;
  const double* const u = parts_.u_term.data<double>() + first;
  passage.over_elements([&](size_t i, size_t c, size_t) {
    parts_.incoming += square(incoming ? incoming[i] : passage.dy[i]);
    parts_.through_gamma += square(passage.dy[i] * gamma[c]);
    parts_.direct += square(direct[i]);
    parts_.along_one += square(one[i]);
    parts_.along_u += square(u[i]);
    parts_.outgoing += square(direct[i] + one[i] + u[i]);
    ++parts_.elements;
  });
}

std::vector<PartsTally::Cell> PartsTally::cells_of(const NormPassage& passage, int64_t first,
                                                   const std::vector<double>& gain) const {
  const double* const direct = parts_.direct_term.data<double>() + first;
  const double* const one = parts_.one_term.data<double>() + first;
  const double* const back = parts_.u_term.data<double>() + first;
  std::vector<Cell> cells(static_cast<size_t>(passage.cells()));
  passage.over_elements([&](size_t i, size_t, size_t at) {
    Cell& cell = cells[at];
    const double d = direct[i], u = passage.u(i, at), dx = d + one[i] + back[i];
    cell.n += 1;
    cell.d += d;
    cell.du += d * u;
    cell.sizes += std::abs(d * u);
    cell.uu += u * u;
    cell.dd += d * d;
    cell.dx += dx;
    cell.dxu += dx * u;
    cell.back_u += back[i] * u;
    cell.backs += back[i] * back[i];
    if (gain[i] == 0) return;
    cell.gains += 1;
    cell.gain_squares += gain[i] * gain[i];
  });
  return cells;
}

void PartsTally::add_gains(const NormPassage& passage, const std::vector<double>& gain,
                           const std::vector<Cell>& cells) {
  const bool pointwise = parts_.projection == Projection::kPointwise;
  if (pointwise) largest_slope_ = std::max(largest_slope_, gain_at_zero(passage));
  passage.over_elements([&](size_t i, size_t, size_t) {
    parts_.stopped += gain[i] == 0;
    if (pointwise) gains_.push_back(gain[i]);
  });
  if (pointwise) return;
  for (const Cell& cell : cells) {
    parts_.cells += cell.n > 0;
    if (cell.gains > 0) gains_.push_back(std::sqrt(cell.gain_squares / cell.gains));
  }
}

bool PartsTally::scales(const NormPassage& passage, const std::vector<Cell>& cells,
                        std::vector<double>& left) const {
  const NormDefinition& norm = *passage.definition;
  const int64_t runs = passage.runs();
  const NormPassage::Slopes moved = passage.slopes_of_stat(0);
  if (!only_first_stat_moves(passage, moved)) return false;
  const PerStat known = per_stat(passage);
  const Numbers sums = passage.sums();
  left.assign(cells.size(), 0.0);
  for (size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    if (cell.n == 0) continue;
    const int64_t sample = static_cast<int64_t>(i) / runs, run = static_cast<int64_t>(i) % runs;
    const double* const of_cell = sums.data() + sample * (norm.stats + 1) * runs + run;
    const double by_stat = of_cell[0], by_u = of_cell[norm.stats * runs];
    if (!(std::abs(by_stat - known[i] * cell.du) <= kEqual * std::abs(known[i]) * cell.sizes))
      return false;
    if (norm.centred && !(std::abs(by_u - cell.d) <= kEqual * std::sqrt(cell.n * cell.dd)))
      return false;
    // What comes back along u is ∂L/∂s, times s′, times the way from m2 to x.
    const double from_m2 = norm.double_kernels.deviation ? 1 : 2;
    const double way = passage.along_u[i] == 0 ? 0 : cell.back_u / passage.along_u[i];
    left[i] = 1 + known[i] * moved.by_m2[i] * from_m2 * way;
  }
  return true;
}

void PartsTally::add_directions(const NormPassage& passage, const std::vector<Cell>& cells) {
  std::vector<double> left;
  const bool flows = !passage.along_one.empty() && passage.definition->table;
  const bool predicted = flows && scales(passage, cells, left);
  predicts_ &= predicted;
  if (parts_.projection == Projection::kOrthogonal && !predicted)
    parts_.projection = Projection::kOther;
  const bool along_u_itself = std::all_of(cells.begin(), cells.end(), [](const Cell& cell) {
    return square(cell.back_u) >= (1 - kEqual) * cell.backs * cell.uu;
  });
  if (parts_.projection == Projection::kOrthogonal && !along_u_itself)
    parts_.projection = Projection::kOblique;
  for (size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    if (!(cell.n > 0 && cell.dd > 0)) continue;
    shared_ += 1;
    baseline_ += 1 / cell.n;
    share_one_ += square(cell.d) / (cell.n * cell.dd);
    along_one_ += square(cell.d) / cell.n;
    left_one_ += square(cell.dx) / cell.n;
    if (cell.uu == 0) continue;
    share_u_ += square(cell.du) / (cell.uu * cell.dd);
    along_u_ += square(cell.du) / cell.uu;
    left_u_ += square(cell.dxu) / cell.uu;
    if (predicted) predicted_ += square(left[i] * cell.du) / cell.uu;
  }
}

double PartsTally::rounding_of(const Tensor& dx, const Tensor& dsum) const {
  if (!dx) return kNotMeasured;
  const std::vector<double> handed = dx.to_vector();
  const std::vector<double> joined = dsum ? dsum.to_vector() : std::vector<double>();
  double differs = 0;
  for (size_t i = 0; i < handed.size(); ++i) {
    const double sum = parts_.direct_term.data<double>()[i] + parts_.one_term.data<double>()[i] +
                       parts_.u_term.data<double>()[i];
    differs += square(handed[i] - (joined.empty() ? 0 : joined[i]) - sum);
  }
  return std::sqrt(differs) / (parts_.outgoing > 0 ? parts_.outgoing : 1);
}

double PartsTally::saturated_share() const {
  double largest = largest_slope_;
  for (const double gain : gains_) largest = std::max(largest, std::abs(gain));
  const auto low = std::count_if(gains_.begin(), gains_.end(), [&](double gain) {
    return std::abs(gain) < kSaturated * largest;
  });
  return static_cast<double>(low) / static_cast<double>(gains_.size());
}

GradientParts PartsTally::finish(const Tensor& dx, const Tensor& dsum) {
  for (double* const length : {&parts_.incoming, &parts_.through_gamma, &parts_.direct,
                               &parts_.along_one, &parts_.along_u, &parts_.outgoing})
    *length = std::sqrt(*length);
  parts_.rounding = rounding_of(dx, dsum);
  parts_.gain = spread_of(gains_);
  if (parts_.elements > 0) parts_.stopped /= static_cast<double>(parts_.elements);
  if (parts_.projection == Projection::kPointwise && !gains_.empty())
    parts_.saturated = saturated_share();
  if (shared_ > 0) {
    parts_.one = {share_one_ / shared_, baseline_ / shared_, std::sqrt(left_one_ / along_one_)};
    parts_.u = {share_u_ / shared_, baseline_ / shared_, std::sqrt(left_u_ / along_u_)};
    if (predicts_) parts_.u.predicted = std::sqrt(predicted_ / along_u_);
  }
  return std::move(parts_);
}

}  // namespace norma
