#include "apps/gauges/probe/probe_gauge.h"

#include <utility>

namespace norma {

void TensorGauge::read(const Sight& sight, ProbeRecord& record) {
  for (size_t i = 0; i < sight.modules.size(); ++i) {
    const ModuleSight& module = sight.modules[i];
    record.forward(i)[name] = of(module.forward);
    if (module.backward.seen()) record.backward(i)[name] = of(module.backward);
  }
}

void ParamGauge::read(const Sight& sight, ProbeRecord& record) {
  for (size_t i = 0; i < sight.params.size(); ++i)
    if (Json value = of(sight.params[i], sight); !value.is_null())
      record.parameter(i)[name] = std::move(value);
}

void StepGauge::read_step(const Sight& sight, ProbeRecord& record) {
  for (size_t i = 0; i < sight.params.size(); ++i)
    if (Json value = of(sight.params[i], sight); !value.is_null())
      record.parameter(i)[name] = std::move(value);
}

namespace {

// A gauge of the model or its blocks among those of a probe.
class ModelValues final : public ProbeGauge {
 public:
  explicit ModelValues(std::unique_ptr<Gauge> gauge) : gauge_(std::move(gauge)) {}
  TapeObserver* observer() override { return gauge_->observer(); }
  void read(const Sight& sight, ProbeRecord&) override {
    gauge_->see_gradients(sight.training->params(), sight.targets);
  }
  void look_further(Training& training, ProbeRecord& record) override {
    try {
      gauge_->look_further(training);
      record.model()[name] = gauge_->values();
    } catch (const Error&) {
      record.model()[name] = nullptr;  // the model has nothing of the kind
    }
  }

 private:
  std::unique_ptr<Gauge> gauge_;
};

}  // namespace

std::unique_ptr<ProbeGauge> make_probe_gauge(const std::string& name) {
  const GaugeType& type = gauge_registry().at(name);
  std::unique_ptr<ProbeGauge> made =
      type.make_for_probe ? type.make_for_probe() : std::make_unique<ModelValues>(type.make());
  made->name = name;
  return made;
}

}  // namespace norma
