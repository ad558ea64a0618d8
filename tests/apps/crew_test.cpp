#include "apps/study/crew.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace norma {
namespace {

namespace fs = std::filesystem;

// A program in the place of a worker. Every trial leaves a line "<trial> <others under way>" in
// `seen` when it begins; one whose name begins with "dies" dies as many times as a digit says.
class FickleProgram {
 public:
  FickleProgram() {
    std::ofstream(path()) << R"sh(#!/bin/sh
cd "$(dirname "$0")"
while read -r order; do
  trial=$(printf %s "$order" | sed 's/.*"trial": *"\([^"]*\)".*/\1/')
  echo "$trial $(ls | grep -c '^busy-')" >>seen
  touch "busy-$trial"
  sleep 0.05
  rm "busy-$trial"
  case $trial in
    dies*) [ "$(grep -c "^$trial " seen)" -gt "${trial#dies}" ] || kill -9 $$ ;;
    wrong) echo '{"error": "a mistake"}'; continue ;;
  esac
  echo "{\"result\": {\"trial\": \"$trial\", \"status\": \"finished\"}}"
done
)sh";
    fs::permissions(path(), fs::perms::owner_all);
  }
  std::string path() const { return (folder_.path() / "fickle").string(); }

  // The results of these trials on so many workers.
  std::map<std::string, Json> run(std::vector<std::string> trials, int workers) const {
    std::map<std::string, Json> results;
    size_t next = 0;
    Crew(path(), {workers, 1})
        .run(
            [&]() -> std::optional<Crew::Task> {
              if (next == trials.size()) return std::nullopt;
              Trial trial;
              trial.id = trials[next++];
              return Crew::Task{trial, Json{{"trial", trial.id}}};
            },
            [&](const Crew::Task& task, const Json& line, double) {
              CHECK(results.emplace(task.trial.id, line).second);
            },
            [] { return true; });
    CHECK(results.size() == trials.size());
    return results;
  }

  // How many others were under way at each beginning of a trial.
  std::vector<int> beside(const std::string& trial) const {
    std::vector<int> all;
    std::ifstream seen(folder_.path() / "seen");
    std::string name;
    for (int others; seen >> name >> others;)
      if (name == trial) all.push_back(others);
    return all;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("crew: a trial whose process dies is tried again, at last by itself") {
  for (const int workers : {1, 2, 3}) {
    CAPTURE(workers);
    const FickleProgram program;
    const auto results = program.run({"a", "dies1", "b", "dies2", "c", "dies9", "d", "e"}, workers);
    for (const char* trial : {"a", "b", "c", "d", "e", "dies1"})
      CHECK(results.at(trial)["status"] == "finished");
    CHECK(program.beside("dies1").size() == 2);
    CHECK(results.at("dies9")["status"] == "failed");
    CHECK(results.at("dies9")["died"] == true);
    CHECK(results.at("dies2")["status"] == (workers == 1 ? "failed" : "finished"));
    if (workers == 1) continue;
    REQUIRE(program.beside("dies2").size() == 3);
    CHECK(program.beside("dies2")[2] == 0);
    REQUIRE(program.beside("dies9").size() == 3);
    CHECK(program.beside("dies9")[2] == 0);
  }
}

TEST_CASE("crew: an error that a worker tells is a result, and not one that dying explains") {
  const FickleProgram program;
  const Json line = program.run({"wrong", "a"}, 2).at("wrong");
  CHECK(line["status"] == "failed");
  CHECK(line["reason"] == "a mistake");
  CHECK_FALSE(line.contains("died"));
}

TEST_CASE("modes: every way of cutting the cores, and the fastest of those measured") {
  const auto cut = [](int cores) {
    std::set<std::pair<int, int>> all;
    for (const Mode& mode : possible_modes(cores)) all.emplace(mode.workers, mode.threads);
    return all;
  };
  CHECK(cut(1) == std::set<std::pair<int, int>>{{1, 1}});
  CHECK(cut(2) == std::set<std::pair<int, int>>{{1, 2}, {2, 1}});
  CHECK(cut(6) == std::set<std::pair<int, int>>{{1, 6}, {2, 3}, {4, 1}, {6, 1}});
  CHECK(fastest({{{1, 2}, 40}, {{2, 1}, 55}}).mode.workers == 2);
}

}  // namespace norma
