// Checkpoints that somebody damaged, and folders that hold what is none.
#include "core/io/checkpoint.h"

#include "core/error.h"
#include "tests/catch.h"
#include "tests/core/checkpoint_content.h"
#include "tests/core/checkpoint_folder.h"
#include "tests/core/file_bytes.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

TEST_CASE("checkpoint: damage is found, named and passed over") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 3);
  save(folder, 10);
  save(folder, 20);
  const fs::path damaged = run / "step_00000020";
  const auto edit = [&](const std::string& name, const std::string& from, const std::string& to) {
    std::string bytes = read_bytes(damaged / name);
    REQUIRE(bytes.find(from) != bytes.npos);
    write_bytes(damaged / name, bytes.replace(bytes.find(from), from.size(), to));
  };
  const auto check_refused = [&](const std::string& message) {
    CHECK_THROWS_AS(load_checkpoint(damaged), Error);
    CHECK_THROWS_WITH(load_checkpoint(damaged), ContainsSubstring(message));
    std::vector<std::string> skipped;
    CHECK(name_of(folder.newest(&skipped)) == "step_00000010");
    REQUIRE(skipped.size() == 1);
    CHECK_THAT(skipped[0], ContainsSubstring("step_00000020") && ContainsSubstring(message));
  };
  SECTION("a changed byte of a tensor") {
    std::string bytes = read_bytes(damaged / "model.safetensors");
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_bytes(damaged / "model.safetensors", bytes);
    check_refused("model.safetensors: damaged");
  }
  SECTION("a file cut short") {
    fs::resize_file(damaged / "optimizer.safetensors", 100);
    check_refused("optimizer.safetensors: damaged");
  }
  SECTION("an emptied file") {
    write_bytes(damaged / "model.safetensors", "");
    check_refused("model.safetensors: damaged");
  }
  SECTION("another state") {
    edit("state.json", "20", "21");
    check_refused("state.json: damaged");
  }
  SECTION("a missing tensor file") {
    fs::remove(damaged / "model.safetensors");
    check_refused("model.safetensors: No such file");
  }
  SECTION("a missing state") {
    fs::remove(damaged / "state.json");
    check_refused("state.json: No such file");
  }
  SECTION("no checksums") {
    fs::remove(damaged / "SHA256SUMS");
    check_refused("it holds no SHA256SUMS");
  }
  SECTION("checksums cut at a line") {
    const std::string sums = read_bytes(damaged / "SHA256SUMS");
    write_bytes(damaged / "SHA256SUMS", sums.substr(sums.find('\n') + 1));
    check_refused("does not list model.safetensors");
    write_bytes(damaged / "SHA256SUMS", sums.substr(0, sums.rfind('\n', sums.size() - 2) + 1));
    check_refused("does not list state.json");
    write_bytes(damaged / "SHA256SUMS", "");
    check_refused("does not list state.json");
  }
  SECTION("checksums cut inside a line") {
    fs::resize_file(damaged / "SHA256SUMS", 150);
    check_refused("SHA256SUMS: line 2 is not a checksum");
  }
  SECTION("a name that leads out of the folder") {
    edit("SHA256SUMS", "  model", "  ../model");
    check_refused("SHA256SUMS: line 1 is not a checksum");
  }
  SECTION("a file listed twice") {
    const std::string sums = read_bytes(damaged / "SHA256SUMS");
    write_bytes(damaged / "SHA256SUMS", sums + sums);
    check_refused("SHA256SUMS: line 4 is not a checksum");
  }
  SECTION("a tensor file that nobody vouches for") {
    write_bytes(damaged / "ema.safetensors", "x");
    check_refused("does not list ema.safetensors");
  }
  SECTION("an older checkpoint under a newer name") {
    fs::remove_all(damaged);
    fs::copy(run / "step_00000010", damaged);
    check_refused("holds the state of step 10");
  }
  SECTION("an empty folder") {
    fs::remove_all(damaged);
    fs::create_directory(damaged);
    check_refused("it holds no SHA256SUMS");
  }
  SECTION("a file in place of the folder") {
    fs::remove_all(damaged);
    write_bytes(damaged, "x");
    check_refused("it holds no SHA256SUMS");
  }
}

TEST_CASE("checkpoint: every single changed byte is noticed") {
  TemporaryFolder run;
  CheckpointFolder folder(run.path(), 1);
  save(folder, 1);
  const fs::path saved = run / "step_00000001";
  for (const std::string& name : names_in(saved)) {
    const std::string whole = read_bytes(saved / name);
    for (size_t i = 0; i < whole.size(); i += 7) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ 0x20);
      write_bytes(saved / name, bytes);
      CAPTURE(name, i);
      REQUIRE_THROWS_AS(load_checkpoint(saved), Error);
    }
    write_bytes(saved / name, whole);
  }
  require_whole(load_checkpoint(saved));
}

TEST_CASE("checkpoint: foreign files do no harm and are left alone") {
  TemporaryFolder run;
  write_bytes(run / "notes.txt", "mine");
  fs::create_directory(run / "step_12");
  fs::create_directory(run / "step_00000099x");
  CheckpointFolder folder(run.path(), 1);
  save(folder, 1);
  write_bytes(run / "step_00000001/.nfs0001", "x");
  save(folder, 2);
  write_bytes(run / "step_00000002/notes.txt", "x");
  CHECK(names_in(run.path()) ==
        std::vector<std::string>{"notes.txt", "step_00000002", "step_00000099x", "step_12"});
  CHECK(name_of(folder.newest()) == "step_00000002");
  fs::copy(run / "step_00000002", run / "a copy under another name");
  CHECK(load_checkpoint(run / "a copy under another name").step == 2);
}

TEST_CASE("checkpoint: folders that are none") {
  TemporaryFolder run;
  CHECK(name_of(newest_checkpoint(run / "missing")) == "none");
  CHECK(name_of(best_checkpoint(run / "missing")) == "none");
  CHECK_THROWS_WITH(load_checkpoint(run / "missing"), ContainsSubstring("not a checkpoint"));
  write_bytes(run / "best", "step_00000001\n");
  CHECK(name_of(best_checkpoint(run.path())) == "none");
  CHECK_THROWS_WITH(load_checkpoint(run / "best"), ContainsSubstring("that is not there"));
  write_bytes(run / "best", "../../etc");
  CHECK(name_of(best_checkpoint(run.path())) == "none");
}
