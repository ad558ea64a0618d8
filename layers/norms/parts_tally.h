#pragma once

#include <string>
#include <vector>

#include "layers/norms/gradient_parts.h"
#include "layers/norms/norm_passage.h"

namespace norma {

// Adds up, over the passages of one backward (a norm's splits have parameters of their own), what
// its GradientParts say.
class PartsTally {
 public:
  // `shape` is the input's. With kOrthogonal it is found out by the numbers which projection it is.
  PartsTally(std::string type, const NormDefinition& definition, const Shape& shape,
             Projection projection = Projection::kOrthogonal);

  // The passage of the rows from `first_row` on. `incoming` is their gradient before a gain that
  // the passage's dy went through already; null: there is none.
  void add(const NormPassage& passage, int64_t first_row, const double* incoming = nullptr);
  // With what the backward really handed on where it is at hand: `dx`, less the gradient `dsum`
  // that joined it there.
  GradientParts finish(const Tensor& dx = {}, const Tensor& dsum = {});

 private:
  // Sums over the elements of a cell. d is what passes on (direct), dx the sum of the terms.
  struct Cell {
    double n = 0, d = 0, du = 0, uu = 0, dd = 0, dx = 0, dxu = 0, sizes = 0;
    double back_u = 0, backs = 0;  // of what comes back along u: with u, and with itself
    double gains = 0, gain_squares = 0;
  };
  std::vector<Cell> cells_of(const NormPassage& passage, int64_t first,
                             const std::vector<double>& gain) const;
  void add_lengths(const NormPassage& passage, int64_t first, const double* incoming,
                   const std::vector<double>& gamma);
  void add_gains(const NormPassage& passage, const std::vector<double>& gain,
                 const std::vector<Cell>& cells);
  void add_directions(const NormPassage& passage, const std::vector<Cell>& cells);
  // Whether the map is γ·h(s)·u + β of the one stat s that moves with the moments, by the sums of
  // each cell; then also how much of what lies along u each leaves.
  bool scales(const NormPassage& passage, const std::vector<Cell>& cells,
              std::vector<double>& left) const;

  double rounding_of(const Tensor& dx, const Tensor& dsum) const;
  double saturated_share() const;

  GradientParts parts_;
  std::vector<double> gains_;
  double largest_slope_ = 0;  // of a pointwise map
  // Sums over cells.
  double shared_ = 0, share_one_ = 0, share_u_ = 0, baseline_ = 0;
  double along_one_ = 0, left_one_ = 0, along_u_ = 0, left_u_ = 0, predicted_ = 0;
  bool predicts_ = true;
};

}  // namespace norma
