#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace norma {

// The candidate nearest to `word`, or empty when none is near enough to be meant. Near: few
// insertions, deletions, substitutions and swaps of neighbours for its length, or one begins the
// other; case, '-' and '_' do not count.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

// The candidates sorted by that distance to `word`.
std::vector<std::string> by_nearness(std::string_view word, std::vector<std::string> candidates);

}  // namespace norma
