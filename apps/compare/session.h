#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/study/crew.h"
#include "apps/study/guard.h"
#include "apps/study/report_data.h"

namespace norma {

// What the command line asks of one study.
struct SessionOptions {
  std::filesystem::path folder;
  bool overwrite = false, dry_run = false, quiet = false;
  int threads = 1;                               // cores to use
  std::optional<int> workers;                    // trials side by side; measured where not said
  std::string command;                           // that reproduces the study
  std::filesystem::path against, against_build;  // an earlier run, and the build that made it
};

// How a study ended.
struct SessionResult {
  Plan plan;
  Judgement judgement;
  Json report;
  bool stopped = false;
  bool failed = false;  // not one trial could be carried out
};

// Carries out a study, or prints its plan: measures what the arms amount to, refuses what is
// unfair, picks the mode, runs what is missing, writes report.html, results.csv and results.md,
// measures costs and writes them again with these. Prints the verdict.
SessionResult run_session(const Study& study, const SessionOptions& options);

// What each arm's config amounts to, in the order of the arms.
std::vector<ArmFacts> measure_facts(const Study& study, int threads);

}  // namespace norma
