#pragma once

#include <string>
#include <vector>

#include "apps/trainer/run_config.h"

namespace norma {

// Gauges that are read together, and how often.
struct ProbePreset {
  const char* name;
  int64_t every;  // steps between probes, where the config does not say
  std::vector<std::string> gauges;
};

// "light", whose cost a training hardly feels, and "full".
const std::vector<ProbePreset>& probe_presets();

// The names of the gauges that options ask for, and the steps between two probes.
std::vector<std::string> asked_gauges(const ProbeOptions& options);
int64_t asked_period(const ProbeOptions& options);

}  // namespace norma
