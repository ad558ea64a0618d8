#pragma once

#include "apps/study/study.h"

namespace norma {

// What the parts of a study must be for one another. Each notes its faults.

// Arms have names of their own; the baseline and `tune.per_arm` name arms.
void check_names(Findings& findings, const Study& study);

// What is tuned, varied and set by named arms are different paths, and none is the seed, which
// belongs to the study.
void check_paths(Findings& findings, const Study& study);

// The gauge of a metric "init/…" exists and can be read without a probe.
void check_gauge(Findings& findings, const Study& study);

// Tuned options that are whole numbers in the arms' configs are tuned by whole numbers.
void keep_whole(Study& study);

// Every arm with every point of its tuning is a config that can be trained: a mistake in it is told
// before anything runs, not found by each trial.
void check_points(Findings& findings, const Study& study);

}  // namespace norma
