#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/core/power_loss.h"
#include "tests/core/recording_file_system.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("atomic file: the new content appears at commit, not before") {
  TemporaryFolder folder;
  write_atomically(folder / "a", "old");
  AtomicFile file(folder / "a");
  file.write("new ");
  file.write("content");
  CHECK(read_bytes(folder / "a") == "old");
  file.commit();
  CHECK(read_bytes(folder / "a") == "new content");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a"});
}

TEST_CASE("atomic file: without commit nothing is left") {
  TemporaryFolder folder;
  { AtomicFile(folder / "a").write("text"); }
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("atomic file: bytes are synced before the rename, the folder after it") {
  TemporaryFolder folder;
  RecordingFileSystem recorder(folder.path());
  write_atomically(folder / "a", "text", recorder);
  using Kind = DiskOperation::Kind;
  std::vector<Kind> kinds;
  for (const auto& operation : recorder.operations()) kinds.push_back(operation.kind);
  REQUIRE(kinds == std::vector<Kind>{Kind::kCreate, Kind::kWrite, Kind::kSync, Kind::kRename,
                                     Kind::kSyncFolder});
  CHECK(recorder.operations()[3].other == "a");
  CHECK(recorder.operations()[4].path == ".");
}

TEST_CASE("atomic file: a loss of power leaves the old content or the new") {
  TemporaryFolder folder;
  RecordingFileSystem recorder(folder.path());
  write_atomically(folder / "a", "old", recorder);
  const size_t old_written = recorder.operations().size();
  {
    AtomicFile file(folder / "a", recorder);
    file.write("new ");
    file.write("content");
    file.commit();
  }
  const size_t new_written = recorder.operations().size();
  std::mt19937 random(1);
  PowerLossDisk simulated;
  bool saw_old_after_rename = false;
  for (size_t done = 0; done <= new_written; ++done) {
    if (done > 0) simulated.apply(recorder.operations()[done - 1]);
    for (const auto& outcome : simulated.outcomes(random, 50)) {
      const auto found = outcome.find("a");
      const std::string content = found == outcome.end() ? "" : *found->second;
      CAPTURE(done, content);
      if (done >= new_written) {
        CHECK(content == "new content");
      } else if (done >= old_written) {
        CHECK((content == "old" || content == "new content"));
        saw_old_after_rename |= done == new_written - 1 && content == "old";
      } else {
        CHECK((content.empty() || content == "old"));
      }
    }
  }
  CHECK(saw_old_after_rename);  // else the simulation loses nothing and proves nothing
}

TEST_CASE("atomic file: writing in place would be caught by the simulated loss of power") {
  PowerLossDisk simulated;
  using Kind = DiskOperation::Kind;
  simulated.apply({Kind::kCreate, "a", {}, {}});
  simulated.apply({Kind::kWrite, "a", {}, "text"});
  simulated.apply({Kind::kSyncFolder, ".", {}, {}});
  std::mt19937 random(1);
  std::set<std::string> contents;
  for (const auto& outcome : simulated.outcomes(random, 50)) contents.insert(*outcome.at("a"));
  CHECK(contents == std::set<std::string>{"", "text", std::string(4, '\0')});
}

TEST_CASE("atomic file: whatever operation fails, the old content stays and no temporary is left") {
  for (int failing = 0; failing < 5; ++failing) {
    TemporaryFolder folder;
    write_atomically(folder / "a", "old");
    RecordingFileSystem broken(folder.path());
    broken.fail_after(failing);
    CAPTURE(failing);
    CHECK_THROWS_AS(write_atomically(folder / "a", "new", broken), Failure);
    CHECK(broken.has_failed());
    CHECK(names_in(folder.path()) == std::vector<std::string>{"a"});
    // The fifth syncs the folder after the rename: the new content is there, only perhaps not safe.
    CHECK(read_bytes(folder / "a") == (failing < 4 ? "old" : "new"));
  }
}

TEST_CASE("atomic file: a full disk is a Failure with the system's reason") {
  TemporaryFolder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit limit{1000, 1000};  // bytes in a file
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int result = 1;
    try {
      write_atomically(folder / "a", std::string(5000, 'x'));
    } catch (const Failure& failure) {
      const std::string message = failure.what();
      result =
          message.find("File too large") != message.npos && names_in(folder.path()).empty() ? 0 : 2;
    } catch (...) {
      result = 3;
    }
    ::_exit(result);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("atomic file: paths that cannot be written are the user's mistake") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(write_atomically(folder / "no/a", "x"), Error);
  CHECK_THROWS_WITH(write_atomically(folder / "no/a", "x"),
                    ContainsSubstring("there is no folder"));
  CHECK_THROWS_WITH(write_atomically(folder.path(), "x"),
                    ContainsSubstring("not a regular file but a folder"));
  CHECK_THROWS_WITH(write_atomically("/dev/null", "x"), ContainsSubstring("not a regular file"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK_THROWS_AS(write_atomically(folder / std::string(300, 'x'), "x"), Error);
}

TEST_CASE("atomic file: a link keeps pointing to the file it names") {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "elsewhere");
  write_bytes(folder / "elsewhere/target", "old");
  std::filesystem::create_symlink("elsewhere/target", folder / "link");
  write_atomically(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read_bytes(folder / "elsewhere/target") == "new");
}

TEST_CASE("atomic file: a path without a folder means the current one") {
  TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_atomically("a", "text");
  make_folders("b/c");
  std::filesystem::current_path(before);
  CHECK(read_bytes(folder / "a") == "text");
  CHECK(std::filesystem::is_directory(folder / "b/c"));
}

TEST_CASE("file system: leftovers are swept, everything else stays") {
  TemporaryFolder folder;
  write_bytes(temporary_beside(folder / "model.safetensors"), "half");
  const auto removed = temporary_beside(folder / "step_00000001", "removed");
  std::filesystem::create_directories(removed / "deeper");
  write_bytes(removed / "deeper/file", "x");
  std::filesystem::create_directory_symlink(folder.path(), removed / "link");
  for (const char* name : {"notes.tmp-1", "a.tmp-0123456789abcdeg", "b.old-0123456789abcdef"}) {
    write_bytes(folder / name, "mine");
  }
  CHECK(names_in(folder.path()).size() == 5);
  sweep_temporaries(folder.path());
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.tmp-0123456789abcdeg",
                                                            "b.old-0123456789abcdef",
                                                            "notes.tmp-1"});
}

TEST_CASE("file system: folders are made with their parents, each name synced") {
  TemporaryFolder folder;
  RecordingFileSystem recorder(folder.path());
  make_folders(folder / "a/b/", recorder);
  make_folders(folder / "a/b", recorder);
  using Kind = DiskOperation::Kind;
  REQUIRE(recorder.operations().size() == 4);
  CHECK(recorder.operations()[0].path == "a");
  CHECK(recorder.operations()[1].kind == Kind::kSyncFolder);
  CHECK(recorder.operations()[1].path == ".");
  CHECK(recorder.operations()[2].path == "a/b");
  CHECK(recorder.operations()[3].path == "a");
  write_bytes(folder / "file", "x");
  CHECK_THROWS_WITH(make_folders(folder / "file/a"), ContainsSubstring("cannot make the folder"));
}

TEST_CASE("file system: names are exchanged in one step") {
  TemporaryFolder folder;
  write_bytes(folder / "a", "A");
  std::filesystem::create_directory(folder / "b");
  REQUIRE(disk().exchange(folder / "a", folder / "b"));
  CHECK(std::filesystem::is_directory(folder / "a"));
  CHECK(read_bytes(folder / "b") == "A");
  CHECK_THROWS_AS(disk().exchange(folder / "a", folder / "missing"), Error);
}
