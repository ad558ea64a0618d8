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

// The study of an earlier run. Throws Error where `old` is no folder of one, or where it was judged
// by another metric or has no arm in common with this one.
Study earlier_study(const Study& study, const std::filesystem::path& old);

// Compares the arms that both have; `before` is the earlier study, `old` its folder. Throws Error
// where no arm was judged in both.
std::vector<QualityChange> compare_with_old(const Study& study, const Judgement& now,
                                            const Study& before, const std::filesystem::path& old,
                                            const GuardOptions& options = {});

}  // namespace norma
