#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "apps/study/protocol.h"

namespace norma {

// What an arm costs, all arms measured in turns in the same minutes.
struct Cost {
  double ms_per_step = 0, low = 0, high = 0;  // median and quartiles over the turns
  std::optional<double> relative;             // to the baseline: the median ratio within a turn
  double relative_low = 1;                    // the lower quartile of these ratios
  int64_t peak_bytes = 0;                     // of tensors
  double inference_ms = 0;                    // forward of one sample, median
  std::string problem;                        // why nothing could be measured; mostly empty
};

// A training to be measured, and the program that carries it out.
struct CostSubject {
  std::string program;
  Json config;
};
// Measures trainings in turns, all on `threads` threads; ratios are to the one numbered
// `reference`. `show` is told the turn.
std::vector<Cost> measure_in_turns(const std::vector<CostSubject>& subjects, size_t reference,
                                   int threads, const std::function<void(int turn, int of)>& show);

// Measures every arm of a study with what was tuned for it. `program` carries the training out.
std::map<std::string, Cost> measure_costs(const Study& study, const Plan& plan,
                                          const std::string& program, int threads,
                                          const std::function<void(int turn, int of)>& show);

// What became of an arm's cost since an earlier build, both measured here and now in turns.
struct CostChange {
  double time = 1, memory = 1;  // ratios, new to old
  // Slower by more than 5 % in three of four turns; larger by more than 5 %.
  bool slower = false, larger = false;
  std::string problem;  // why nothing could be measured; mostly empty
};
std::map<std::string, CostChange> compare_builds(const Study& study, const Plan& plan,
                                                 const std::string& program,
                                                 const std::string& old_program, int threads);

Json costs_json(const std::map<std::string, Cost>& costs);
std::map<std::string, Cost> costs_from(const Json& json);

}  // namespace norma
