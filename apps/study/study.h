#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/study/axis.h"
#include "apps/study/metric.h"
#include "apps/study/tuning.h"

namespace norma {

// One of the things compared: the base config with some settings changed.
struct Arm {
  std::string name;
  std::vector<Setting> settings;
  std::map<std::string, double> numbers;     // the values of numeric axes, by path
  std::map<std::string, std::string> names;  // the name of its value on each axis, by path
  Json config;                               // before what is tuned, and the seed
};

// A comparison as a study file says it.
struct Study {
  std::string title;
  Json base;  // the config that all arms change, as given
  std::vector<Axis> axes;
  std::vector<Arm> arms;
  std::string baseline;
  Tuning tuning;
  int64_t seeds = 5;  // fresh ones, for the verdict
  int64_t first_seed = 1;
  Metric metric;
  std::optional<double> target;
  double margin = 0.01, confidence = 0.95;
  bool paired = true;
  Json evaluate = Json::object();  // options of EvaluationOptions
  bool transfer = false;           // attack also by images made on another model
  std::vector<std::string> allow;  // differences between arms that are meant
  bool costs = true;
  Json claim;     // null, or what the study is to show
  Json resolved;  // the whole study with every default: reading it gives this study again

  const Arm& arm(const std::string& name) const;
  // The seeds of the verdict, and those of tuning, which it never sees.
  std::vector<int64_t> verdict_seeds() const;
  std::vector<int64_t> tuning_seeds() const;
  std::vector<int64_t> run_off_seeds() const;
};

// Reads a study file. A relative "base" is looked for beside the file. Throws a ConfigError that
// lists every fault of the study and of each arm's config. `overrides` are assignments
// dotted.path=value, which reach into the base config also where it is a file of its own.
Study read_study(const std::filesystem::path& file, std::span<const std::string> overrides = {});
// The same of a study in memory: `beside` is the folder of relative paths, `source` names it.
Study read_study(const Json& given, const std::filesystem::path& beside, const std::string& source);

Json study_schema();

// A config with some options changed; an Error where a path leads nowhere.
Json with_settings(Json config, const std::vector<Setting>& settings);

}  // namespace norma
