// The program `export`, run as a user runs it.
#include "core/io/safetensors.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

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

}  // namespace norma
