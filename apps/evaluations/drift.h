#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/tape.h"

namespace norma {

// Mean and deviation of every channel of every module's output over some samples, wide
// accumulators, as an observer of forwards. Padding positions do not enter.
class ActivationMoments final : public TapeObserver {
 public:
  void on_forward(const std::string& path, const char* op, const Tensor& output) override;
  // The forward is over; `mask` as in Batch. Until then the outputs are held.
  void end_forward(const Tensor& mask);

  struct Moments {
    double count = 0;
    std::vector<double> mean, m2;  // one a channel; m2 = Σ(x − mean)²
  };
  const std::map<std::string, Moments>& modules() const { return modules_; }

 private:
  std::map<std::string, Tensor> outputs_;  // the last of each module in this forward
  std::map<std::string, Moments> modules_;
};

// How far activations are from those elsewhere: averaged over the channels of a module, then over
// the modules.
struct Drift {
  // |difference of means| over √((σ²_a + σ²_b)/2), the standardized difference of Cohen,
  // "Statistical power analysis for the behavioral sciences", 1988; channels constant in both
  // places are left out.
  double mean = 0;
  double log_std = 0;  // |log(σ_b/σ_a)|; channels constant in either place are left out
};
Drift drift_between(const ActivationMoments& from, const ActivationMoments& to);

}  // namespace norma
