#pragma once

#include "apps/gauges/gauge.h"
#include "apps/gauges/probe/record.h"

namespace norma {

// Measures one thing of every module, parameter, join … that a probe has seen, and changes nothing.
// A gauge is made for one probe.
class ProbeGauge {
 public:
  virtual ~ProbeGauge() = default;
  // Asks for parts of what is gathered of every tensor.
  virtual void prepare(TensorSight::Parts& /*parts*/) const {}
  // What looks on besides, at joins (a JoinObserver) or observables; null: nothing.
  virtual TapeObserver* observer() { return nullptr; }
  // After all batches, while the parameters have their gradients, sums over the targets.
  virtual void read(const Sight& /*sight*/, ProbeRecord& /*record*/) {}
  // After that, once the replay is over; leaves no trace either.
  virtual void look_further(Training& /*training*/, ProbeRecord& /*record*/) {}
  // After the optimizer's step, where there is one.
  virtual void read_step(const Sight& /*sight*/, ProbeRecord& /*record*/) {}

  // The name it is registered by, under which its values stand.
  std::string name;
};

// Of each module's outputs, and of the gradients there.
class TensorGauge : public ProbeGauge {
 public:
  void read(const Sight& sight, ProbeRecord& record) final;

 protected:
  // A number, null where it is not defined, or an object.
  virtual Json of(const TensorSight& x) const = 0;
};

// Of each parameter and its gradient. Where it returns null the parameter has no such value.
class ParamGauge : public ProbeGauge {
 public:
  void read(const Sight& sight, ProbeRecord& record) final;

 protected:
  virtual Json of(const ParamSight& seen, const Sight& sight) const = 0;
};

// Of what a step of the optimizer did to each parameter.
class StepGauge : public ProbeGauge {
 public:
  void read_step(const Sight& sight, ProbeRecord& record) final;

 protected:
  virtual Json of(const ParamSight& seen, const Sight& sight) const = 0;
};

// Registers probe gauge G at program start, as RegisterGauge does those of models and blocks.
template <class G>
struct RegisterProbeGauge {
  RegisterProbeGauge(const char* name, const char* summary, const char* source, const char* formula,
                     const char* one_each) {
    struct NoOptions {
      void describe(Fields&) {}
    };
    gauge_registry().add({name, summary, source, describe_options<NoOptions>()},
                         {formula, one_each, nullptr,
                          []() -> std::unique_ptr<ProbeGauge> { return std::make_unique<G>(); }});
  }
};

// A registered gauge for a probe. An Error names the nearest one to an unknown name.
std::unique_ptr<ProbeGauge> make_probe_gauge(const std::string& name);

}  // namespace norma
