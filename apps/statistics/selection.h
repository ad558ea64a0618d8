#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace norma {

// Which point of a grid is best by its tuning seeds: the index of the lowest mean, of the first
// where several are lowest. scores_by_point[point][seed], lower is better; a diverged run counts
// its value at initialization, so all are finite. Throws std::invalid_argument for no point, or a
// point without a score.
size_t best_point(std::span<const std::vector<double>> scores_by_point);

// The two lowest means, the lower first; of equal ones the first. Throws std::invalid_argument for
// fewer than two points, or a point without a score.
std::array<size_t, 2> best_two_points(std::span<const std::vector<double>> scores_by_point);

}  // namespace norma
