#pragma once

namespace norma {

// A range that holds the true value with the confidence stated beside it.
struct Interval {
  double low = 0, high = 0;
  bool holds(double value) const { return low <= value && value <= high; }
  double width() const { return high - low; }
};

}  // namespace norma
