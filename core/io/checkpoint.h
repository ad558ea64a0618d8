#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/io/file_system.h"
#include "core/io/safetensors.h"

// Checkpoints that survive a kill and a loss of power at any moment.
//
//   checkpoints/step_00001000/model.safetensors, optimizer.safetensors, …   named tensors
//                             state.json                                    the caller's
//                             SHA256SUMS                                    of all the above
//   checkpoints/best                                                        names the best one
//
// A folder called step_<number> is complete: it is built and synced under a temporary name and then
// renamed, and deleted the same way backwards. `sha256sum -c SHA256SUMS` checks it by hand.
namespace norma::io {

struct CheckpointContent {
  int64_t step = 0;
  std::map<std::string, std::vector<TensorView>> tensors;  // by file name without .safetensors
  std::string state_json;  // a JSON object whose "step" is the step above
};

struct LoadedCheckpoint {
  std::filesystem::path folder;
  int64_t step = 0;
  std::map<std::string, SafetensorsFile> tensors;  // by file name without .safetensors
  std::string state_json;
};

// The newest checkpoint under `root` whose checksums hold; none if there is no such. Those passed
// over are reported in `skipped`, a sentence each. Changes nothing on the disk.
std::optional<std::filesystem::path> newest_checkpoint(const std::filesystem::path& root,
                                                       std::vector<std::string>* skipped = nullptr);

// The checkpoint that keep_best() named, if it is still there.
std::optional<std::filesystem::path> best_checkpoint(const std::filesystem::path& root);

// Reads and verifies one checkpoint; <root>/best stands for the one it names. Throws Error saying
// what is missing or damaged.
LoadedCheckpoint load_checkpoint(const std::filesystem::path& folder);

// The checkpoints of one run, for the one program that writes them.
//
// To resume: make the folder, load newest(), rewind_to() its step, and then cut the run's other
// files back to it. In this order, because the constructor makes safe what it finds: otherwise a
// loss of power could bring back a later checkpoint whose metrics are already gone.
class CheckpointFolder {
 public:
  // Makes the folder where it is missing, removes what an interrupted program left in it and syncs.
  // Keeps the `keep_last` (>= 1) newest checkpoints, and the best.
  CheckpointFolder(std::filesystem::path root, int keep_last, FileSystem& files = disk());

  // Writes a checkpoint, replacing one of the same step, then deletes those too old to keep. When
  // it returns, the checkpoint survives a loss of power. When it throws, no other has been harmed.
  void save(const CheckpointContent& content);

  // Names the checkpoint of `step` the best: it is kept until another is.
  void keep_best(int64_t step);

  // Removes the checkpoints after `step`. For whoever goes on from there: what came after belongs
  // to a course of the training that is given up, and must not be taken for the newest.
  void rewind_to(int64_t step);

  std::optional<std::filesystem::path> newest(std::vector<std::string>* skipped = nullptr) const {
    return newest_checkpoint(root_, skipped);
  }
  std::optional<std::filesystem::path> best() const { return best_checkpoint(root_); }

 private:
  void remove(const std::vector<int64_t>& steps);
  void remove_too_old(int64_t newest);

  std::filesystem::path root_;
  int keep_last_;
  FileSystem& files_;
};

}  // namespace norma::io
