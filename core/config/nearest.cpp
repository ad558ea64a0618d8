#include "core/config/nearest.h"

#include <algorithm>
#include <cctype>

namespace norma {
namespace {

// RMSNorm, rms-norm and rms_norm are one name to a person.
std::string bare(std::string_view word) {
  std::string letters;
  for (const char c : word)
    if (c != '_' && c != '-')
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

// Optimal string alignment distance: insertions, deletions, substitutions and swaps of two
// neighbours each cost 1 (Damerau 1964, with no stretch edited twice).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> two_back(b.size() + 1), back(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) back[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({back[j] + 1, row[j - 1] + 1, back[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_back[j - 2] + 1);
    }
    two_back.swap(back);
    back.swap(row);
  }
  return back[b.size()];
}

// Three letters of a common beginning are a hint, fewer are chance.
bool begins(const std::string& whole, const std::string& part) {
  return part.size() >= 3 && whole.starts_with(part);
}

struct Nearness {
  size_t distance = 0;
  bool is_near = false;
};

Nearness nearness(std::string_view word, std::string_view candidate) {
  const std::string a = bare(word), b = bare(candidate);
  const size_t distance = edit_distance(a, b);
  const size_t allowed = (std::max(a.size(), b.size()) + 1) / 3;
  return {distance, distance <= allowed || begins(a, b) || begins(b, a)};
}

}  // namespace

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    const auto [distance, is_near] = nearness(word, candidate);
    if (!is_near || (!best.empty() && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::vector<std::string> by_nearness(std::string_view word, std::vector<std::string> candidates) {
  std::stable_sort(
      candidates.begin(), candidates.end(), [&](const std::string& a, const std::string& b) {
        const auto x = nearness(word, a), y = nearness(word, b);
        return x.is_near != y.is_near ? x.is_near : x.is_near && x.distance < y.distance;
      });
  return candidates;
}

}  // namespace norma
