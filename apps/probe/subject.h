#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/gauges/probe/probe.h"

namespace norma {

// When a training is probed.
struct When {
  enum class Kind {
    kAsItStands,  // a config before its first step, a run where its newest checkpoint stands
    kInit,
    kStep,   // after `number` steps
    kEvery,  // before the first step, every `number` steps, and after the last one
  };
  Kind kind = Kind::kAsItStands;
  int64_t number = 0;
};
// {}, {"init"}, {"step", "200"}, {"every", "50"}; throws an Error for anything else.
When when_of(const std::vector<std::string>& words);

// What is probed: a config, or the run in a folder.
struct Subject {
  std::string name;           // as the user said it
  std::filesystem::path run;  // empty: a config
  RunConfig config;
  std::string resolved;
};
// Reads a config file, or the config in a run folder, with overrides. Throws an Error where there
// is neither.
Subject read_subject(const std::string& argument, std::span<const std::string> overrides);

// Trains as far as that takes, in memory alone, and returns the records. `progress` is told the
// steps done.
std::vector<Json> probe_subject(const Subject& subject, Probe& probe, const When& when,
                                const std::function<bool(int64_t step)>& progress);

// Writes FOLDER/probe.jsonl, and returns what is in it, in the order of steps. A run keeps its
// earlier records but for those of the same steps; those of a config may be of another one, and go.
std::vector<Json> write_records(const std::filesystem::path& folder, const Subject& subject,
                                const std::vector<Json>& records);

}  // namespace norma
