#include "apps/trainer/verify_resume.h"

#include <cstring>
#include <filesystem>

#include "apps/trainer/training.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

// A folder that goes away with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "norma-resume-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw Failure("cannot make a folder in " + fs::temp_directory_path().string());
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Compares everything that two trainings would save.
int64_t compare(const Training& a, const Training& b) {
  const io::CheckpointContent whole = a.snapshot(), resumed = b.snapshot();
  int64_t bytes = 0;
  for (const auto& [file, tensors] : whole.tensors)
    for (size_t i = 0; i < tensors.size(); ++i) {
      const io::TensorView& other = resumed.tensors.at(file)[i];
      if (std::memcmp(tensors[i].data, other.data, tensors[i].bytes) != 0)
        throw Failure("resumed and uninterrupted training differ: " + file + ", " +
                      tensors[i].name);
      bytes += static_cast<int64_t>(tensors[i].bytes);
    }
  return bytes;
}

}  // namespace

std::string verify_resume(const RunConfig& config, int64_t steps) {
  const int64_t stop = steps / 2;
  const ScratchFolder scratch;
  std::vector<double> losses;
  Training whole(config);
  for (int64_t step = 0; step < steps; ++step) losses.push_back(whole.step().loss);
  {
    Training first(config);
    for (int64_t step = 0; step < stop; ++step) first.step();
    io::CheckpointFolder(scratch.path(), 1).save(first.snapshot());
  }
  Training second(config);
  second.restore(io::load_checkpoint(*io::newest_checkpoint(scratch.path())));
  for (int64_t step = stop; step < steps; ++step) {
    const double loss = second.step().loss;
    if (loss != losses[static_cast<size_t>(step)])
      throw Failure("resumed and uninterrupted training differ: the loss of step " +
                    std::to_string(step + 1));
  }
  const int64_t bytes = compare(whole, second);
  return "resumed after step " + std::to_string(stop) + " of " + std::to_string(steps) +
         ": losses, weights, buffers and optimizer state equal the uninterrupted training's, " +
         std::to_string(bytes) + " bytes compared";
}

}  // namespace norma
