#include "core/io/checkpoint.h"

#include "core/error.h"
#include "core/io/sha256.h"
#include "tests/catch.h"
#include "tests/core/checkpoint_content.h"
#include "tests/core/checkpoint_folder.h"
#include "tests/core/file_bytes.h"
#include "tests/core/recording_file_system.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

TEST_CASE("checkpoint: what is saved is loaded, bit for bit") {
  TemporaryFolder run;
  CheckpointFolder folder(run / "deeper/checkpoints", 2);
  CHECK(name_of(folder.newest()) == "none");
  save(folder, 1000);
  const auto newest = folder.newest();
  REQUIRE(newest);
  CHECK(newest->string() == (run / "deeper/checkpoints/step_00001000").string());
  CHECK(names_in(*newest) == std::vector<std::string>{"SHA256SUMS", "model.safetensors",
                                                      "optimizer.safetensors", "state.json"});
  const LoadedCheckpoint loaded = load_checkpoint(*newest);
  CHECK(loaded.step == 1000);
  CHECK(loaded.folder.string() == newest->string());
  CHECK(loaded.tensors.at("model").at("blocks.0.weight").shape == std::vector<int64_t>{8, 5});
  require_whole(loaded);
  require_whole(load_checkpoint(*newest / ""));  // a path with a slash at its end
}

TEST_CASE("checkpoint: the checksums are what sha256sum prints") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 1);
  save(folder, 7);
  const fs::path saved = run / "step_00000007";
  std::string expected;
  for (const char* name : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    expected += sha256_of(read_bytes(saved / name)) + "  " + name + "\n";
  }
  CHECK(read_bytes(saved / "SHA256SUMS") == expected);
}

TEST_CASE("checkpoint: any number of tensor files, none included") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 1);
  folder.save({3, {}, R"({"step": 3})"});
  CHECK(load_checkpoint(*folder.newest()).tensors.empty());
}

TEST_CASE("checkpoint: the last ones are kept, and the best") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 2);
  CHECK(name_of(folder.best()) == "none");
  for (int64_t step = 10; step <= 30; step += 10) save(folder, step);
  CHECK(steps_of(run.path()) == std::vector<int64_t>{20, 30});
  folder.keep_best(20);
  for (int64_t step = 40; step <= 60; step += 10) save(folder, step);
  CHECK(steps_of(run.path()) == std::vector<int64_t>{20, 50, 60});
  CHECK(name_of(folder.best()) == "step_00000020");
  require_whole(load_checkpoint(run / "best"));
  CHECK(load_checkpoint(run / "best").step == 20);
  folder.keep_best(60);
  save(folder, 70);
  CHECK(steps_of(run.path()) == std::vector<int64_t>{60, 70});
  save(folder, 80);
  save(folder, 90);
  CHECK(steps_of(run.path()) == std::vector<int64_t>{60, 80, 90});
  CHECK_THROWS_WITH(folder.keep_best(50), ContainsSubstring("holds no step_00000050"));
  CHECK(name_of(folder.best()) == "step_00000060");
}

TEST_CASE("checkpoint: order is by number, beyond eight digits too") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 2);
  save(folder, 99'999'998);
  save(folder, 99'999'999);
  save(folder, 100'000'000);
  CHECK(names_in(run.path()) == std::vector<std::string>{"step_100000000", "step_99999999"});
  CHECK(name_of(folder.newest()) == "step_100000000");
}

TEST_CASE("checkpoint: a step saved again replaces the first") {
  const bool can_exchange = GENERATE(true, false);
  TemporaryFolder run;
  RecordingFileSystem files(run.path());
  if (!can_exchange) files.refuse_exchange();
  CheckpointFolder folder(run.path(), 3, files);
  save(folder, 10, 0);
  save(folder, 10, 1);
  CHECK(names_in(run.path()) == std::vector<std::string>{"step_00000010"});
  CHECK(load_checkpoint(*folder.newest()).state_json == SomeState(10, 1).content().state_json);
}

TEST_CASE("checkpoint: going back") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 2);
  save(folder, 10);
  save(folder, 20);
  folder.keep_best(20);
  SECTION("without rewind_to, what was saved last is never the one deleted") {
    CheckpointFolder again(run.path(), 1);
    save(again, 5);
    CHECK(steps_of(run.path()) == std::vector<int64_t>{5, 10, 20});
  }
  SECTION("rewind_to removes what came after") {
    folder.rewind_to(10);
    CHECK(steps_of(run.path()) == std::vector<int64_t>{10});
    CHECK(name_of(folder.best()) == "none");
    CHECK(name_of(folder.newest()) == "step_00000010");
  }
}

TEST_CASE("checkpoint: reading sweeps nothing, the writer does") {
  TemporaryFolder run;
  const fs::path half = temporary_beside(run / "step_00000002");
  fs::create_directory(half);
  write_bytes(half / "model.safetensors", "half");
  CHECK(name_of(newest_checkpoint(run.path())) == "none");
  CHECK(fs::exists(half));
  CheckpointFolder folder(run.path(), 1);
  CHECK(fs::is_empty(run.path()));
}

TEST_CASE("checkpoint: mistakes of the caller are refused before anything is written") {
  TemporaryFolder run;
  CHECK_THROWS_WITH(CheckpointFolder(run / "a", 0), ContainsSubstring("at least 1"));
  CHECK_FALSE(fs::exists(run / "a"));
  CheckpointFolder folder(run.path(), 1);
  CHECK_THROWS_WITH(folder.save({3, {}, R"({"step": 4})"}),
                    ContainsSubstring("says step 4, the checkpoint is of step 3"));
  CHECK_THROWS_WITH(folder.save({3, {}, R"({"steps": 3})"}), ContainsSubstring("has no \"step\""));
  CHECK_THROWS_WITH(folder.save({-3, {}, R"({"step": -3})"}), ContainsSubstring("has no \"step\""));
  CHECK_THROWS_WITH(folder.save({3, {}, "3"}), ContainsSubstring("not a JSON object"));
  CHECK_THROWS_WITH(folder.save({3, {{"../model", {}}}, R"({"step": 3})"}),
                    ContainsSubstring("cannot name a file \"../model\""));
  CHECK(fs::is_empty(run.path()));
}

TEST_CASE("checkpoint: whatever operation fails, the older ones stay and no part is left") {
  const bool can_exchange = GENERATE(true, false);
  const bool replaces = GENERATE(true, false);
  int failing = 0;
  for (bool failed = true; failed; ++failing) {
    TemporaryFolder run(TemporaryFolder::Where::kMemory);
    RecordingFileSystem files(run.path());
    if (!can_exchange) files.refuse_exchange();
    CheckpointFolder folder(run.path(), 2, files);
    for (int64_t step = 10; step <= 20; step += 10) save(folder, step);
    files.fail_after(failing);
    const int64_t next = replaces ? 20 : 30;
    CAPTURE(can_exchange, replaces, failing);
    try {
      save(folder, next, 1);
    } catch (const Failure& failure) {
      CHECK_THAT(failure.what(), ContainsSubstring("No space left on device"));
    }
    failed = files.has_failed();

    std::vector<std::string> skipped;
    const auto newest = folder.newest(&skipped);
    REQUIRE(newest);
    CHECK(skipped.empty());
    const LoadedCheckpoint loaded = load_checkpoint(*newest);
    require_whole(loaded);
    CHECK(loaded.step >= 20);
    CheckpointFolder restarted(run.path(), 2);
    save(restarted, 40);
    CHECK(steps_of(run.path()).size() == 2);
    CHECK(name_of(restarted.newest()) == "step_00000040");
  }
  CHECK(failing > 15);  // create, write and sync of four files, folders, renames
}
