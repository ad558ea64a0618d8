// How far the model's rows move when the weights of its branches take a small step.
#include <cmath>
#include <map>

#include "apps/gauges/branch_step.h"
#include "apps/gauges/gauge.h"

namespace norma {
namespace {

class KeptNorms final : public TapeObserver {
 public:
  void on_forward(const std::string& path, const char* op, const Tensor& output) override {
    if (std::string_view(op) != "norm") return;
    if (!outputs.contains(path)) order.push_back(path);
    outputs[path] = output.to_vector();  // behind the sum, where the norm adds on its way
  }
  std::vector<std::string> order;
  std::map<std::string, std::vector<double>> outputs;
};

class NormUpdate final : public Gauge {
 public:
  void look_further(Training& training) override {
    LossSurface surface(training);
    KeptNorms before, after;
    surface.loss({}, &before);
    surface.loss(branch_step(surface), &after);
    for (const std::string& path : before.order) {
      const std::vector<double>&x = before.outputs[path], &moved = after.outputs[path];
      double squares = 0;
      for (size_t i = 0; i < x.size(); ++i) squares += (moved[i] - x[i]) * (moved[i] - x[i]);
      updates_.push_back(std::sqrt(squares / static_cast<double>(x.size())));
    }
  }
  std::vector<double> values() const override {
    if (updates_.empty()) throw Error("this model has no norm");
    return updates_;
  }

 private:
  std::vector<double> updates_;
};

const RegisterGauge<NormUpdate> registered_norm_update(
    "norm_update", "how far what norms put out moves when the weights take a small step",
    "Wang et al. 2022 (DeepNet), arXiv:2203.00555, section 4.1",
    "root of the mean over all elements of (x(θ − ηg) − x(θ))², g the gradient by the matrices of "
    "the blocks' branches, which alone move, η such that they move by 0.001 of their length",
    "norm");

}  // namespace
}  // namespace norma
