#pragma once

#include <string>
#include <vector>

#include "apps/study/report_data.h"

// The parts of report_data that are series of points.
namespace norma {

// {"scores", "mean", "low", "high"}; an interval from three values on.
Json mean_json(const std::vector<double>& values, double confidence);

// For each arm and tuned option, the scores of all points tried.
Json tuning_points_json(const StudyState& state);
// Successive halving: {"steps": [of each rung], "contenders": [{"arm", "settings", "scores": [at
// each rung it reached]}]}, the last to survive first; null without.
Json rungs_json(const StudyState& state);
// Validation and training curves of every fresh seed.
Json curves_json(const Study& study, const Judgement& judgement);
// Mean scores over two axes; null for any other number of axes.
Json heat_map_json(const Study& study, const Judgement& judgement);
// Time to target: "steps_to_target" and "time_to_target_s" of an arm; the profile over all arms.
void put_target(Json& arm, const StudyState& state, const ArmRuns& runs);
Json profile_json(const StudyState& state, const Judgement& judgement);
// "sensitivity" of an arm over the grid that all arms have in common, of the only tuned option.
void put_sensitivity(Json& arm, const StudyState& state, const Arm& which);
// P(X < Y), and the IQM where the study has tasks: the values of its axes over data, arms of the
// same other values taken together. Nothing before it is complete.
Json measures_json(const StudyState& state, const Judgement& judgement);
// Every trial that has a result.
Json trials_json(const StudyState& state);
// nats a token …, from the kind of data.
std::string metric_unit(const Study& study);

}  // namespace norma
