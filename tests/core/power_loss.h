#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/recording_file_system.h"

namespace norma {

// A disk in memory that promises only what POSIX does: bytes are safe after the file's sync, names
// after the folder's. Replays recorded operations and tells what may be found when the power goes.
//
// More cruel than the file systems in use: of what was not synced, anything may be lost and
// anything else be there, in any order, also a file's size without its bytes.
class PowerLossDisk {
 public:
  // Path -> content; none for a folder.
  using Snapshot = std::map<std::string, std::optional<std::string>>;
  enum class Fate { kKept, kLost, kZeroed };  // zeroed: the size arrived, the bytes did not

  PowerLossDisk();
  void apply(const DiskOperation& operation);

  // The changes that a loss of power can undo, by a rising number.
  std::vector<int64_t> unsynced() const;
  // What is found when every unsynced change meets the fate that is chosen for it.
  Snapshot after_loss(const std::function<Fate(int64_t change)>& fate) const;
  // Different outcomes of losing the power now: nothing lost, every suffix of the unsynced changes
  // lost, and `samples` random ones.
  std::vector<Snapshot> outcomes(std::mt19937& random, int samples) const;

 private:
  // Names that change together or not at all: new node, or -1 for none.
  struct EntryChange {
    int64_t number;
    std::vector<std::pair<std::string, int>> entries;
  };
  struct Write {
    int64_t number;
    std::string bytes;
  };
  struct Node {
    bool is_folder;
    std::string synced;         // a file's bytes
    std::vector<Write> writes;  // and those after them
    std::map<std::string, int> synced_entries;
    std::map<std::string, int> entries;  // as programs see them
    std::vector<EntryChange> changes;    // from synced_entries to entries
  };

  int find(const std::string& path) const;
  std::pair<int, std::string> parent_of(const std::string& path) const;
  void change(const std::string& path_in_folder, std::vector<std::pair<std::string, int>> entries);
  void collect(int node, const std::string& path, const std::function<Fate(int64_t)>& fate,
               Snapshot& found) const;

  std::vector<Node> nodes_;  // the first is the root
  int64_t next_number_ = 0;
};

// Writes a snapshot into an empty folder of the real disk.
void materialize(const PowerLossDisk::Snapshot& snapshot, const std::filesystem::path& folder);

}  // namespace norma
