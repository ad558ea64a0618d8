#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "layers/norms/norm.h"

namespace norma::classroom {

// What the drivers gave a norm's block kernels while it ran in float64, and what these made of it:
// one number for each element of the input. It stands between the two and calls the norm's own
// kernels, so its numbers are those of every run. One watch at a time.
class KernelWatch {
 public:
  KernelWatch() = default;
  ~KernelWatch();
  KernelWatch(const KernelWatch&) = delete;
  KernelWatch& operator=(const KernelWatch&) = delete;

  // The norm as a module that is watched wherever it runs while this lives. A norm made of others
  // has no kernels, and nothing will be seen.
  std::unique_ptr<Module> watched(const Scope& scope, std::unique_ptr<Norm> norm);

  // What the forward read: the mean that u = x − centre is about (0 where there is none), and the
  // numbers that the table handed to the map.
  struct Read {
    std::vector<double> centre;
    std::vector<std::vector<double>> stats;
  };
  // The three terms of dx: dy·∂f/∂x with u moving along, what comes back through the mean, and what
  // comes back through the second moment.
  struct Terms {
    std::vector<double> direct, along_one, along_u;
  };
  // Empty where nothing was seen.
  const Read& read() const { return read_; }
  const Terms& terms() const { return went_back_ ? terms_ : nothing_; }

 private:
  class WatchedNorm;
  // The input that is about to be normalized.
  void begin(const Tensor& x);
  static void forward(const kernels::NormForwardBlock<double>& block);
  static void sums(const kernels::NormSumsBlock<double>& block);
  static void apply(const kernels::NormApplyBlock<double>& block);
  void see_forward(const kernels::NormForwardBlock<double>& block);
  void see_apply(const kernels::NormApplyBlock<double>& block);

  kernels::NormBlockKernels<double> own_;
  bool per_row_ = true;
  int stats_ = 0;
  const double* x_ = nullptr;
  Read read_;
  Terms terms_;
  const Terms nothing_ = {};
  std::atomic<bool> went_back_{false};  // set by whichever worker is first
};

}  // namespace norma::classroom
