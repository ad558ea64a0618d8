#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "apps/classroom/norm_run.h"
#include "apps/layer/numbers/typed.h"

namespace norma::numbers {

// A gradient in the three directions that matter in a domain: 1/√n, what is left of x̂ beside it,
// and what is left of the direct term beside both. A direction that is not there (all of x̂ lies
// along 1, say) has the coordinate 0.
using Coordinates = std::array<double, 3>;

// What comes back over the elements that share a statistic. Lengths are Euclidean.
struct DomainGradient {
  double dy = 0, direct = 0, along_one = 0, along_u = 0, dx = 0;
  double one_dx = 0, xhat_dx = 0;  // Σ dx, Σ x̂·dx
  double terms = 0;                // Σ of |each term|: beside it the sums above are exact to 1e-15

  // The terms of dx as arrows; nothing where they need more than three directions, as those of
  // norms do that mix the statistics of several domains.
  struct Arrows {
    Coordinates direct, along_one, along_u, dx;
    Coordinates u;  // the unit vector of what the second moment takes out
    bool is_xhat;   // that it is x̂; a norm by another deviation than the square has its own
  };
  std::optional<Arrows> arrows = {};
};

// A norm on typed numbers: all that is shown of it.
struct ShownNorm {
  Spec spec;
  std::string summary;  // the formula, as the registry says it
  classroom::NormRun run;
  std::vector<double> y, dx;  // dx is empty without a gradient
  // u·r, where the norm's table makes one number r of the moments: x̂ of those that standardize.
  // Empty for others.
  std::vector<double> xhat;
  std::vector<DomainGradient> gradients;  // one a domain; empty without a gradient, or its terms
  std::string projection;  // what the norm takes out, in a sentence; empty without a gradient

  bool has_statistic() const;
  bool has_terms() const { return !run.terms.direct.empty(); }
};

// Runs a norm of norm_registry() on the numbers, in float64.
ShownNorm show_norm(const Spec& spec, const Typed& typed);

// Who shares a statistic: "2 rows of 4 elements: the channels of a position share a statistic".
std::string sharing_text(const ShownNorm& norm);
// What it learned and tracked when it began: "weight 1, bias 0".
std::string state_text(const ShownNorm& norm);

// {"shape", "mode", "x", "dy", "norms": [{"type", "options", "summary", "sharing", "projection",
// "domains": {"kind", "of", "n", "mean", "sigma"}, "centre", "stats", "y", "xhat", "dx", "terms":
// {"direct", "along_one", "along_u"}, "gradients": [{lengths and sums, "arrows"}]}]}; what is not
// there is left out.
Json as_json(const Typed& typed, const std::vector<ShownNorm>& norms);
// Tables for a terminal.
std::string as_text(const Typed& typed, const std::vector<ShownNorm>& norms);
// One self-contained page of pictures, with the same tables.
std::string as_html(const Typed& typed, const std::vector<ShownNorm>& norms);

}  // namespace norma::numbers

namespace norma::embedded {
extern const char* const kNumbersCharts;  // numbers*.js, part of the program (embed.cmake)
extern const char* const kNumbersStyle;   // numbers.css
}  // namespace norma::embedded
