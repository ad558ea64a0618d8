#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/registry.h"
#include "core/param.h"
#include "core/tape.h"

namespace norma {

class Training;

// Measures one thing of a model while it runs forward and backward over batches, and changes
// nothing. A gauge is made for one reading.
class Gauge {
 public:
  virtual ~Gauge() = default;
  // What looks on meanwhile; null where the parameters' gradients say it all.
  virtual TapeObserver* observer() { return nullptr; }
  // The gradients after all batches: sums over `targets` targets.
  virtual void see_gradients(ParamSet& /*params*/, double /*targets*/) {}
  // For a gauge that one look is not enough for; leaves no trace either.
  virtual void look_further(Training& /*training*/) {}
  // What was measured: one number, or one a block in the order of the forward. Throws an Error
  // where the model has nothing of the kind.
  virtual std::vector<double> values() const = 0;
};

// What is known of a path, which comes into the list when it is first asked for: `Seen` begins with
// a `path`.
template <class Seen>
Seen& seen_at(std::vector<Seen>& all, const std::string& path) {
  for (Seen& each : all)
    if (each.path == path) return each;
  all.emplace_back().path = path;
  return all.back();
}

class ProbeGauge;  // apps/gauges/probe/probe_gauge.h

struct GaugeType {
  std::string formula;   // what is measured, and over what
  std::string one_each;  // what has a value of its own: "model", "block", "norm"; of those that
                         // probes alone read also "module", "parameter", "join", "attention"
  std::unique_ptr<Gauge> (*make)();                           // null: probes alone read it
  std::unique_ptr<ProbeGauge> (*make_for_probe)() = nullptr;  // null: it has numbers by `make`
};
Registry<GaugeType>& gauge_registry();

// Registers gauge G at program start. The summary is a sentence; the source a paper.
template <class G>
struct RegisterGauge {
  RegisterGauge(const char* name, const char* summary, const char* source, const char* formula,
                const char* one_each) {
    struct NoOptions {
      void describe(Fields&) {}
    };
    gauge_registry().add(
        {name, summary, source, describe_options<NoOptions>()},
        {formula, one_each, []() -> std::unique_ptr<Gauge> { return std::make_unique<G>(); }});
  }
};

}  // namespace norma
