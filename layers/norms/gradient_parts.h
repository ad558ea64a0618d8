#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/tape.h"

// What a norm does to the gradient on its way from output to input, stage by stage, see
// docs/gradient-parts.md. Computed for an observer alone, in float64 whatever the norm computes in.
namespace norma {

inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

// What the two ways back through the moments take out of a gradient.
enum class Projection : uint8_t {
  kOrthogonal,  // what lies along x̂ (and, where moments are centred, along 1), but for the ε-leak
  kOblique,     // the same, but along another direction than x̂: that of what enters the statistic
  kOther,       // no projection: the map is more than a scaling of x̂
  kMixed,       // no single one: the statistics of several domains are mixed
  kSteered,     // none of this gradient: running errors steer the terms
  kAcross,      // one over the batches of all processes, of which this is a part
  kWindows,     // no single one: every channel has a window of its own
  kGiven,       // none: statistics from outside take no gradient
  kPointwise,   // none: there is no statistic
};

// How often magnitudes occur: a bin is a quarter of a decade, the first begins at
// 10^(first_quarter/4).
struct LogHistogram {
  int first_quarter = 0;
  std::vector<int64_t> counts;
  int64_t zeros = 0, not_finite = 0;
};

// Magnitudes, their middle and their ends; those that are not finite are only counted.
struct Spread {
  double least = kNotMeasured, median = kNotMeasured, most = kNotMeasured;
  LogHistogram histogram;
};
Spread spread_of(const std::vector<double>& values);

// What lies along one direction of what passes on (`direct` below), cell by cell.
struct AlongDirection {
  double share = kNotMeasured;     // of its squared length, averaged over cells
  double baseline = kNotMeasured;  // what a random direction has: 1/n, averaged likewise
  // Of what lies along it, the part that is still there in dx: root mean square over cells, a cell
  // weighing as what lies along it there.
  double left = kNotMeasured;
  double predicted = kNotMeasured;  // the same by the table alone: the ε-leak
};

// One backward of a norm, or of a weight that is normalized.
struct GradientParts {
  std::string type;        // as in a config
  bool of_weight = false;  // in the space of a weight that is normalized, not of activations
  Projection projection = Projection::kPointwise;
  bool centred = false;
  int64_t elements = 0, cells = 0;  // not counting padding; a cell shares a statistic

  // Lengths of the gradient behind each stage, over all elements. `incoming` is that of the norm's
  // own output, before an activation in the same pass.
  double incoming = 0;
  double through_gamma = 0;           // times the learned gain γ
  double direct = 0;                  // times the map's other slope: the gain, 1/σ as a rule
  double along_one = 0, along_u = 0;  // what the ways back through the moments add
  double outgoing = 0;                // dx, the sum of the three

  // The map's slope without γ: one number a cell (a root mean square), one an element where there
  // are no cells.
  Spread gain = {};
  double stopped = 0;               // share of elements with slope 0, by a clamp or a threshold
  double saturated = kNotMeasured;  // pointwise: share below kSaturated of the largest slope
  AlongDirection one = {}, u = {};
  // How far the gradient that is really handed on is from the sum of the terms, relative to it: the
  // rounding of the precision that the norm runs in.
  double rounding = kNotMeasured;
  // Of a weight: the length of the gradient of its learned gain g.
  double length_gradient = kNotMeasured;

  // The terms whose sum is dx, float64, of the input's shape.
  Tensor direct_term = {}, one_term = {}, u_term = {};
};
inline constexpr double kSaturated = 0.1;

// A sentence on the projection, with the reason where it does not apply.
std::string projection_text(const GradientParts& parts);

// A number of a record: its name, what it is, and how to get it; kNotMeasured where it does not
// apply.
struct PartGauge {
  const char* name;
  const char* formula;
  double (*of)(const GradientParts& parts);
  bool is_length = false;  // of a gradient: it grows with the loss
};
std::span<const PartGauge> part_gauges();

// What a tape's observer is besides, to be shown every backward of a norm under the norm's path,
// and of a re-parametrized weight under that of the weight. No TapeObserver itself, so that one
// observer can watch several such things.
class NormObserver {
 public:
  virtual ~NormObserver() = default;
  virtual void on_norm_backward(const std::string& path, const GradientParts& parts) = 0;
};

// Who watches this backward for that; null: nobody.
NormObserver* norm_observer(const Grads& grads);

}  // namespace norma
