#include "apps/gauges/gauges.h"

namespace norma {

Registry<GaugeType>& gauge_registry() {
  static Registry<GaugeType> registry("gauge");
  return registry;
}

std::vector<double> read_gauge(Training& training, const std::string& name) {
  const GaugeType& type = gauge_registry().at(name);
  if (!type.make)
    throw Error("gauge " + name + " has a value for each " + type.one_each +
                ", which only a probe reads; a number for the model or for each block is needed");
  const std::unique_ptr<Gauge> gauge = type.make();
  training.rehearse(gauge->observer(), training.config().train.accumulate,
                    [&](double targets) { gauge->see_gradients(training.params(), targets); });
  try {
    gauge->look_further(training);
    return gauge->values();
  } catch (const Error& error) {
    throw Error("gauge " + name + ": " + error.what());
  }
}

}  // namespace norma
