#include "tests/apps/training_runs.h"

#include <chrono>
#include <sstream>
#include <thread>

#include "core/io/checkpoint.h"
#include "core/io/sha256.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {

namespace fs = std::filesystem;

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<Json> metrics_of(const fs::path& run) {
  std::istringstream lines(read_bytes(run / "metrics.jsonl"));
  std::vector<Json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
  return all;
}

std::string fingerprint(const fs::path& run) {
  std::string text;
  const auto newest = io::newest_checkpoint(run / "checkpoints");
  REQUIRE(newest);
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "average.safetensors"})
    if (fs::exists(*newest / file)) text += io::sha256_of(read_bytes(*newest / file)) + "\n";
  text += io::sha256_of(read_bytes(run / "model.safetensors")) + "\n";
  for (Json& line : metrics_of(run)) {
    for (const char* timing : {"ms", "tokens_per_s", "samples_per_s", "pool_misses", "peak_bytes"})
      line.erase(timing);
    text += line.dump() + "\n";
  }
  return text;
}

void wait_for_step(ChildProgram& program, const fs::path& run, int64_t step) {
  const std::string wanted = "{\"step\":" + std::to_string(step) + ",";
  while (program.running() && read_bytes(run / "metrics.jsonl").find(wanted) == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace norma
