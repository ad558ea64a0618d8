#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "apps/gauges/probe/sight.h"
#include "layers/norms/gradient_parts.h"
#include "layers/residual/joins.h"

namespace norma {

// Looks on at forwards and backwards, gathers what a probe needs of every module, and lets the
// observers of its gauges look on, too.
class Watcher : public JoinObserver {
 public:
  Watcher(Sight& sight, const TensorSight::Parts& parts, std::vector<TapeObserver*> others)
      : sight_(sight), parts_(parts), others_(std::move(others)) {}

  void on_output(const std::string& path, const char* op, const Var& output) override;
  void on_output_grad(const std::string& path, const char* op, const Tensor& grad,
                      int32_t slot) override;
  void on_join(const std::string& path, const Join& join) override;
  bool asks_observables() const override;
  void on_observable(const std::string& path, const char* name, const Tensor& values) override;

 private:
  size_t module_of(const std::string& path, const char* op, const Shape& shape);

  Sight& sight_;
  TensorSight::Parts parts_;

 protected:
  std::vector<TapeObserver*> others_;

 private:
  std::map<std::tuple<std::string, std::string, int64_t>, size_t> known_;  // indices of modules
  // Of the forward going on: outputs so far by path and operation, and modules by slot.
  std::map<std::pair<std::string, std::string>, int64_t> outputs_;
  std::map<int32_t, size_t> by_slot_;
  bool in_backward_ = false;
};

// The same where a gauge wants to see what norms do to the gradient, which costs each of them a
// second backward.
class NormWatcher final : public Watcher, public NormObserver {
 public:
  using Watcher::Watcher;
  static bool wanted_by(const std::vector<TapeObserver*>& others);
  void on_norm_backward(const std::string& path, const GradientParts& parts) override;
};

// How often probe code has run since the program started: 0 in a training that is not probed.
int64_t probe_code_executed();
void count_probe_code();

}  // namespace norma
