#pragma once

#include <string>
#include <vector>

#include "apps/gauges/gauge.h"

namespace norma {

// Follows what norms put out, the activation that belongs to a norm included, in the order of the
// forward; and the gradients of that.
class NormOutputs : public Gauge, public TapeObserver {
 public:
  TapeObserver* observer() final { return this; }
  void on_forward(const std::string& path, const char* op, const Tensor& output) final;
  void on_backward(const std::string& path, const char* op, const Tensor& grad) final;

 protected:
  // What is wanted of them: a number that adds up over batches.
  virtual double of_output(const Tensor& /*output*/) const { return 0; }
  virtual double of_gradient(const Tensor& /*grad*/) const { return 0; }

  // One number for each norm: the mean over its uses.
  std::vector<double> from_outputs() const;
  std::vector<double> from_gradients() const;

 private:
  // A number that is taken once for each use of a norm; where operations of the same use show
  // themselves again, the later one counts.
  struct Mean {
    double sum = 0, last = 0;
    int64_t count = 0;
    void take(double value, bool again) {
      sum += again ? value - last : value;
      last = value;
      if (!again) ++count;
    }
    double value() const { return sum / static_cast<double>(count); }
  };
  struct Site {
    std::string path;
    Mean output, gradient;
  };
  Site* find(const std::string& path);

  std::vector<Site> sites_;  // in the order of the forward
  std::string forward_at_, backward_at_, backward_op_;
};

}  // namespace norma
