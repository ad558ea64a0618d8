#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/io/checkpoint.h"
#include "core/io/checkpoint_names.h"
#include "core/io/mapped_file.h"
#include "core/io/sha256.h"

namespace norma::io {

namespace fs = std::filesystem;

namespace {

std::string read_text(const fs::path& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

bool is_tensor_file(const std::string& name) { return name.ends_with(kTensorFile); }

std::string stem_of(const std::string& name) {
  return name.substr(0, name.size() - kTensorFile.size());
}

// Whether a checkpoint may hold a file of this name. Plain names only: a list of checksums that
// comes from elsewhere must not lead out of the folder.
bool is_part(const std::string& name) {
  return name == kState || (is_tensor_file(name) && is_plain(stem_of(name)));
}

// The checksum of each file of a checkpoint, by name.
std::map<std::string, std::string> read_checksums(const fs::path& folder) {
  constexpr size_t kDigits = 64;
  const std::string text = read_text(folder / kChecksums);
  std::map<std::string, std::string> checksums;
  size_t begin = 0;
  for (int number = 1; begin < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const size_t gap = std::min(line.find("  "), line.size());
    const std::string checksum = line.substr(0, gap);
    const std::string name = line.substr(std::min(gap + 2, line.size()));
    if (checksum.size() != kDigits || !is_part(name) || !checksums.emplace(name, checksum).second) {
      throw Error((folder / kChecksums).string() + ": line " + std::to_string(number) +
                  " is not a checksum and a file of this checkpoint");
    }
    begin = end + 1;
  }
  return checksums;
}

void verify(const fs::path& folder, const std::map<std::string, std::string>& checksums) {
  // A list cut short must not let the files it lost go unchecked.
  std::vector<std::string> needed = {kState};
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (is_tensor_file(name)) needed.push_back(name);
  }
  for (const std::string& name : needed) {
    if (!checksums.count(name)) {
      throw Error((folder / kChecksums).string() + ": does not list " + name);
    }
  }
  for (const auto& [name, expected] : checksums) {
    const std::string found = sha256_of_file(folder / name);
    if (found != expected) {
      throw Error((folder / name).string() + ": damaged: its SHA-256 begins with " +
                  found.substr(0, 12) + ", " + kChecksums + " says " + expected.substr(0, 12));
    }
  }
}

fs::path resolved(const fs::path& path) {
  const fs::path folder = path.has_filename() ? path : path.parent_path();
  if (folder.filename() == kBest && fs::is_regular_file(folder)) {
    if (const auto best = best_checkpoint(folder.parent_path())) return *best;
    throw Error(folder.string() + ": names a checkpoint that is not there");
  }
  if (!fs::exists(folder / kChecksums)) {
    throw Error(folder.string() + ": not a checkpoint: it holds no " + kChecksums);
  }
  return folder;
}

}  // namespace

LoadedCheckpoint load_checkpoint(const fs::path& path) {
  LoadedCheckpoint checkpoint;
  checkpoint.folder = resolved(path);
  const auto checksums = read_checksums(checkpoint.folder);
  verify(checkpoint.folder, checksums);

  const fs::path state = checkpoint.folder / kState;
  checkpoint.state_json = read_text(state);
  checkpoint.step = step_of_state(checkpoint.state_json, state.string() + ": ");
  // A copy may have any name, but one that claims another step would be taken for the newest.
  const auto named = step_of_name(checkpoint.folder.filename().string());
  if (named && *named != checkpoint.step) {
    throw Error(checkpoint.folder.string() + ": holds the state of step " +
                std::to_string(checkpoint.step));
  }
  for (const auto& [name, checksum] : checksums) {
    if (!is_tensor_file(name)) continue;
    checkpoint.tensors.emplace(stem_of(name), SafetensorsFile::open(checkpoint.folder / name));
  }
  return checkpoint;
}

std::optional<fs::path> newest_checkpoint(const fs::path& root, std::vector<std::string>* skipped) {
  std::vector<int64_t> steps = steps_in(root);
  std::reverse(steps.begin(), steps.end());
  for (int64_t step : steps) {
    const fs::path folder = root / step_name(step);
    try {
      load_checkpoint(folder);
      return folder;
    } catch (const std::exception& error) {
      if (skipped) skipped->push_back(error.what());
    }
  }
  return std::nullopt;
}

std::optional<fs::path> best_checkpoint(const fs::path& root) {
  if (!fs::is_regular_file(root / kBest)) return std::nullopt;
  std::string name = read_text(root / kBest);
  if (!name.empty() && name.back() == '\n') name.pop_back();
  if (!step_of_name(name) || !fs::is_directory(root / name)) return std::nullopt;
  return root / name;
}

}  // namespace norma::io
