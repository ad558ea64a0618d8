#include "apps/trainer/run_folder.h"

#include <nlohmann/json.hpp>

#include "core/io/checkpoint.h"

namespace fs = std::filesystem;

namespace norma {

fs::path weights_of(const fs::path& run) {
  const fs::path finished = run / "model.safetensors";
  if (fs::exists(finished)) return finished;
  if (const auto newest = io::newest_checkpoint(run / "checkpoints"))
    return *newest / "model.safetensors";
  throw Error(run.string() + " has neither model.safetensors nor a checkpoint yet");
}

RunConfig config_of(const fs::path& run) {
  const std::string source = (run / "config.json").string();
  if (!fs::exists(source))
    throw Error(run.string() + " is not a run folder: it has no config.json");
  return read_run_config(load_json(source), source, {}, nullptr);
}

}  // namespace norma
