#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "tests/apps/child_program.h"

// The program `train` on small trainings, and what its run folders hold.
namespace norma {

using Words = std::vector<std::string>;

// A GPT, small enough for a test, with everything that has a state of its own: dropout, an average
// of weights, two micro-batches.
inline const Words kSmallGpt{"train",
                             "configs/quickstart.json",
                             "data=selective_copy",
                             "model.layers=2",
                             "model.width=32",
                             "model.heads=2",
                             "model.dropout=0.1",
                             "train.ema=0.9",
                             "train.accumulate=2",
                             "train.batch=8"};
// The same for running statistics.
inline const Words kSmallResnet{"train",         "configs/fashion_resnet20.json",
                                "data=shapes",   "model.depth=8",
                                "model.width=8", "train.batch=16"};
inline const Words kSpirals{"train", "configs/spirals_mlp.json"};

// The words of one after those of the other.
Words with(Words words, const Words& more);

std::vector<Json> metrics_of(const std::filesystem::path& run);

// What two runs that did the same must share: weights, optimizer, and metrics but for times and
// memory, which are the machine's.
std::string fingerprint(const std::filesystem::path& run);

void wait_for_step(ChildProgram& program, const std::filesystem::path& run, int64_t step);

}  // namespace norma
