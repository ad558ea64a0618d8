#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/study/report_data.h"

namespace norma {

// One arm's quality now against what it was in an earlier run of the study.
struct QualityChange {
  std::string arm;
  TTest test;         // now − then; pairs where the seeds are the same
  double then = 0;    // mean
  double p_holm = 1;  // of "not worse", one-sided, adjusted over the arms
  bool worse = false;
};

// What makes a change for the worse count: it must be significant after Holm over the arms, and
// larger than this share of the earlier mean.
struct GuardOptions {
  double alpha = 0.05, floor = 0.005;
};

// Compares the arms that both have. `old` is the folder of the earlier run. Throws Error where that
// is none, judged by another metric, or has no arm in common with this one.
std::vector<QualityChange> compare_with_old(const Study& study, const Judgement& now,
                                            const std::filesystem::path& old,
                                            const GuardOptions& options = {});

}  // namespace norma
