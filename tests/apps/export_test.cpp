// The program `export`, run as a user runs it.
#include <nlohmann/json.hpp>

#include "core/config/json.h"
#include "core/io/safetensors.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/models/small_models.h"
#include "tests/paths.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

std::string trained_run(const fs::path& run) {
  const Ended ended = run_program_as_user(
      {"train", "configs/quickstart.json", "data.source=synthetic", "model.layers=1",
       "model.width=16", "model.heads=1", "model.context=16", "train.eval_every=0",
       "train.eval_samples=2", "train.steps=3", "--out", run.string()});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  return run.string();
}

// A shipped config made small, on data that need no download.
std::vector<std::string> small_overrides(const Json& config) {
  std::vector<std::string> words{"train.steps=3", "train.batch=8", "train.eval_every=0",
                                 "train.eval_samples=2"};
  const Json& model = config.at("model");
  const Json data =
      config.at("data").is_object() ? config.at("data") : Json{{"type", config["data"]}};
  const std::vector<std::pair<const char*, int>> extents{
      {"layers", 2}, {"width", 16}, {"heads", 2},  {"context", 16},
      {"depth", 8},  {"patch", 8},  {"hidden", 16}};
  for (const auto& [name, extent] : extents)
    if (model_has_option(model.at("type"), name))
      words.push_back("model." + std::string(name) + "=" + std::to_string(extent));
  if (model.contains("share_layers")) words.push_back("model.share_layers=2");
  if (data.at("type") == "idx") words.push_back("data=shapes");
  if (data.at("type") == "text") words.push_back("data.source=synthetic");
  if (data.contains("text")) words.push_back("data.text.source=synthetic");
  return words;
}

// The numbers in front of "of the largest output".
std::vector<double> deviations_in(const std::string& report) {
  std::vector<double> all;
  const std::string before = "largest change of an output ";
  for (size_t at = report.find(before); at != std::string::npos; at = report.find(before, at + 1))
    all.push_back(std::stod(report.substr(at + before.size())));
  return all;
}

}  // namespace

TEST_CASE("export: a folded model has no gains, the same outputs, and is read again", "[apps]") {
  TemporaryFolder folder;
  const std::string run = trained_run(folder / "run"), out = (folder / "folded").string();
  const Ended ended = run_program_as_user({"export", run, "--out", out, "--fold"});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  CHECK_THAT(ended.out, ContainsSubstring("gains of norms"));
  CHECK_THAT(ended.out, ContainsSubstring("largest change of an output"));
  const auto file = io::SafetensorsFile::open(fs::path(out) / "model.safetensors");
  for (const std::string& name : file.names()) {
    INFO(name);
    CHECK(name.find("norm.weight") == std::string::npos);
  }
  CHECK(run_program_as_user({"sample", out, "--tokens", "5"}).code == 0);

  const Ended again = run_program_as_user({"export", run, "--out", out});
  CHECK(again.code == 2);
  CHECK_THAT(again.err, ContainsSubstring("already holds a model"));
}

TEST_CASE("export: without folding the weights are those of the run", "[apps]") {
  TemporaryFolder folder;
  const std::string run = trained_run(folder / "run"), out = (folder / "out").string();
  REQUIRE(run_program_as_user({"export", run, "--out", out}).code == 0);
  CHECK(read_bytes(fs::path(out) / "model.safetensors") ==
        read_bytes(fs::path(run) / "model.safetensors"));
}

TEST_CASE("export: the model of every shipped config is folded, or left with reasons", "[apps]") {
  int configs = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(source_dir() / "configs")) {
    const std::string name = file.path().filename().string();
    if (!file.is_regular_file() || name == "schema.json") continue;
    INFO(name);
    ++configs;
    TemporaryFolder folder;
    const std::string run = (folder / "run").string(), out = (folder / "out").string();
    std::vector<std::string> words = small_overrides(load_json(file.path()));
    words.insert(words.begin(), {"train", file.path().string(), "--out", run});
    const Ended trained = run_program_as_user(words);
    INFO(trained.err);
    REQUIRE(trained.code == 0);
    const Ended folded = run_program_as_user({"export", run, "--out", out, "--fold"});
    INFO(folded.err << folded.out);
    CHECK(folded.code == 0);
    const std::vector<double> deviations = deviations_in(folded.out);
    CHECK((!deviations.empty() || folded.out.find("  left ") != std::string::npos ||
           folded.out.find("nothing to fold") != std::string::npos));
    for (const double deviation : deviations) CHECK(deviation <= 1e-4);
    // What was written is a model again.
    const Ended again =
        run_program_as_user({"export", out, "--out", (folder / "again").string(), "--fold"});
    INFO(again.err);
    CHECK(again.code == 0);
  }
  CHECK(configs >= 10);
}

}  // namespace norma
