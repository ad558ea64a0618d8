#include "apps/gauges/gauges.h"

namespace norma {

Registry<GaugeType>& gauge_registry() {
  static Registry<GaugeType> registry("gauge");
  return registry;
}

std::vector<double> read_gauge(Training& training, const std::string& name) {
  const std::unique_ptr<Gauge> gauge = gauge_registry().at(name).make();
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
