#pragma once

#include <functional>
#include <map>
#include <string>

#include "apps/study/protocol.h"

namespace norma {

// What an arm costs, all arms measured in turns in the same minutes.
struct Cost {
  double ms_per_step = 0, low = 0, high = 0;  // median and quartiles over the turns
  double relative = 1;                        // to the baseline: the median ratio within a turn
  int64_t peak_bytes = 0;                     // of tensors
  double inference_ms = 0;                    // forward of one sample, median
};

// Measures every arm of a study with what was tuned for it. `program` carries the training out;
// `show` is told the turn.
std::map<std::string, Cost> measure_costs(const Study& study, const Plan& plan,
                                          const std::string& program, int threads,
                                          const std::function<void(int turn, int of)>& show);

Json costs_json(const std::map<std::string, Cost>& costs);
std::map<std::string, Cost> costs_from(const Json& json);

}  // namespace norma
