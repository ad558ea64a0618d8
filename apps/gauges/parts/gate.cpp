#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class Gate final : public ProbeGauge, public TapeObserver {
 public:
  TapeObserver* observer() override { return this; }
  bool asks_observables() const override { return true; }
  void on_observable(const std::string& path, const char* observable, const Tensor& gate) override {
    if (observable != std::string_view("gate")) return;
    Seen& seen = seen_at(seen_, path);
    const double* const values = gate.data<double>();
    for (int64_t i = 0; i < gate.numel(); ++i) seen.squares += values[i] * values[i];
    seen.count += static_cast<double>(gate.numel());
  }
  void read(const Sight&, ProbeRecord& record) override {
    for (const Seen& seen : seen_)
      record.part("joins", seen.path)[name] = std::sqrt(seen.squares / seen.count);
  }

 private:
  struct Seen {
    std::string path;
    double squares = 0, count = 0;
  };
  std::vector<Seen> seen_;  // in the order of the forward
};

const RegisterProbeGauge<Gate> registered_gate(
    "gate", "how far open a branch's gate is that the network computes: 0 lets nothing through",
    "Peebles, Xie 2023, arXiv:2212.09748",
    "√(mean g²) over channels, samples and batches, g the factor of each channel of a branch that "
    "is made of the conditioning vector (adaLN-Zero)",
    "join");

}  // namespace
}  // namespace norma
