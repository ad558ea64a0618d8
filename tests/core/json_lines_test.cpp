#include "core/io/json_lines.h"

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/core/recording_file_system.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::ordered_json;

namespace {

// Lines of steps 1 to 4, with an evaluation after step 2.
const std::string kLines =
    "{\"step\":1,\"train/loss\":4.0}\n"
    "{\"step\":2,\"train/loss\":3.0}\n"
    "{\"step\":2,\"val/loss\":3.5}\n"
    "{\"event\":\"saved\"}\n"
    "{\"step\":3,\"train/loss\":2.0}\n"
    "{\"step\":4,\"train/loss\":1.0}\n";

std::string up_to(const std::string& text) { return kLines.substr(0, kLines.find(text)); }

}  // namespace

TEST_CASE("json lines: one object a line, keys in their order, visible at once") {
  TemporaryFolder folder;
  JsonLines lines(folder / "metrics.jsonl");
  lines.write({{"step", 1}, {"train/loss", 0.5}, {"note", "a\nb"}});
  CHECK(read_bytes(folder / "metrics.jsonl") ==
        "{\"step\":1,\"train/loss\":0.5,\"note\":\"a\\nb\"}\n");
  lines.write({{"step", 2}});
  CHECK(lines.offset() == static_cast<int64_t>(read_bytes(folder / "metrics.jsonl").size()));
}

TEST_CASE("json lines: every bit of a double survives") {
  TemporaryFolder folder;
  std::mt19937_64 random(3);
  std::vector<double> numbers = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e22};
  while (numbers.size() < 2000) {
    const double number = std::bit_cast<double>(random());
    if (std::isfinite(number)) numbers.push_back(number);
  }
  JsonLines lines(folder / "a", 100);
  for (double number : numbers) lines.write({{"x", number}});
  lines.flush();
  std::ifstream stream(folder / "a");
  std::string line;
  for (double number : numbers) {
    REQUIRE(std::getline(stream, line));
    const double read = Json::parse(line).at("x").get<double>();
    REQUIRE(std::bit_cast<uint64_t>(read) == std::bit_cast<uint64_t>(number));
  }
}

TEST_CASE("json lines: what JSON has no number for is named") {
  TemporaryFolder folder;
  JsonLines lines(folder / "a");
  const double infinity = std::numeric_limits<double>::infinity();
  lines.write({{"loss", std::nan("")}, {"deep", {{"list", {1.5, infinity, -infinity}}}}});
  CHECK(read_bytes(folder / "a") ==
        "{\"loss\":\"NaN\",\"deep\":{\"list\":[1.5,\"Infinity\",\"-Infinity\"]}}\n");
}

TEST_CASE("json lines: text that is not UTF-8 does not stop a training") {
  TemporaryFolder folder;
  JsonLines(folder / "a").write({{"sample", "\xff"}});
  CHECK(Json::parse(read_bytes(folder / "a")).at("sample") == "\xef\xbf\xbd");
}

TEST_CASE("json lines: each line is one write; collected lines go together") {
  TemporaryFolder folder;
  RecordingFileSystem recorder(folder.path());
  const auto writes = [&] {
    int count = 0;
    for (const auto& operation : recorder.operations()) {
      if (operation.kind != DiskOperation::Kind::kWrite) continue;
      ++count;
      CHECK(operation.bytes.back() == '\n');
    }
    return count;
  };
  {
    JsonLines lines(folder / "a", 1, recorder);
    for (int step = 1; step <= 3; ++step) lines.write({{"step", step}});
    CHECK(writes() == 3);
  }
  {
    JsonLines lines(folder / "b", 4, recorder);
    for (int step = 1; step <= 6; ++step) lines.write({{"step", step}});
    CHECK(writes() == 4);
    CHECK(lines.offset() == 6 * 11);
    lines.sync();
    CHECK(writes() == 5);
    CHECK(recorder.operations().back().kind == DiskOperation::Kind::kSync);
    lines.write({{"step", 7}});
  }
  CHECK(read_bytes(folder / "b").size() == 7 * 11);  // the destructor wrote the last
}

TEST_CASE("json lines: appending goes on after the last whole line") {
  TemporaryFolder folder;
  write_bytes(folder / "a", "{\"step\":1}\n{\"step\":2,\"tr");
  JsonLines lines(folder / "a");
  CHECK(lines.offset() == 11);
  lines.write({{"step", 2}});
  CHECK(read_bytes(folder / "a") == "{\"step\":1}\n{\"step\":2}\n");
  write_bytes(folder / "b", "torn");
  JsonLines fresh(folder / "b");
  CHECK(read_bytes(folder / "b").empty());
}

TEST_CASE("json lines: a full disk is a Failure, a missing folder the user's mistake") {
  TemporaryFolder folder;
  RecordingFileSystem files(folder.path());
  JsonLines lines(folder / "a", 1, files);
  files.fail_after(0);
  CHECK_THROWS_AS(lines.write({{"step", 1}}), Failure);
  CHECK_THROWS_AS(JsonLines(folder / "no/a"), Error);
  CHECK_THROWS_AS(JsonLines(folder.path()), Error);
}

TEST_CASE("json lines: cutting back to a step") {
  TemporaryFolder folder;
  const auto path = folder / "a";
  const auto cut = [&](const std::string& content, int64_t step) {
    write_bytes(path, content);
    truncate_to_step(path, step);
    return read_bytes(path);
  };
  CHECK(cut(kLines, 2) == up_to("{\"step\":3"));
  CHECK(cut(kLines, 3) == up_to("{\"step\":4"));
  CHECK(cut(kLines, 4) == kLines);
  CHECK(cut(kLines, 100) == kLines);
  CHECK(cut(kLines, 0).empty());
  CHECK(cut("", 5).empty());
  for (size_t torn = 1; torn < 20; ++torn) {
    CHECK(cut(kLines.substr(0, kLines.size() - torn), 4) == up_to("{\"step\":4"));
    CHECK(cut(kLines.substr(0, kLines.size() - torn), 2) == up_to("{\"step\":3"));
  }
  // What a loss of power leaves beyond the checkpoint does not matter, whatever it is.
  const std::string zeros(30, '\0');
  CHECK(cut(kLines + zeros, 4) == kLines);
  CHECK(cut(up_to("{\"step\":4") + zeros + "\n{\"step\":4}\n", 3) == up_to("{\"step\":4"));
  CHECK(cut(up_to("{\"step\":4") + "[]\n{\"event\":1}\n", 3) == up_to("{\"step\":4"));

  const std::string damaged = "{\"step\":1}\nnonsense\n{\"step\":2}\n";
  write_bytes(path, damaged);
  CHECK_THROWS_WITH(truncate_to_step(path, 2), ContainsSubstring("a: line 2 is not a JSON object"));
  CHECK(read_bytes(path) == damaged);
  CHECK(cut(damaged, 1) == "{\"step\":1}\n");
  CHECK_NOTHROW(truncate_to_step(folder / "missing", 3));
}

TEST_CASE("json lines: cutting back to an offset") {
  TemporaryFolder folder;
  const auto path = folder / "a";
  write_bytes(path, kLines);
  const auto size = static_cast<int64_t>(kLines.size());
  truncate_to_offset(path, size);
  CHECK(read_bytes(path) == kLines);
  CHECK_THROWS_WITH(truncate_to_offset(path, size + 1), ContainsSubstring("when it had"));
  CHECK_THROWS_WITH(truncate_to_offset(path, size - 1), ContainsSubstring("no line ends at byte"));
  CHECK_THROWS_AS(truncate_to_offset(path, -1), Error);
  CHECK(read_bytes(path) == kLines);
  const auto third = static_cast<int64_t>(up_to("{\"step\":3").size());
  write_bytes(path, kLines + "torn");
  truncate_to_offset(path, third);
  CHECK(read_bytes(path) == up_to("{\"step\":3"));
  truncate_to_offset(path, 0);
  CHECK(read_bytes(path).empty());
  CHECK_NOTHROW(truncate_to_offset(folder / "missing", 0));
  CHECK_THROWS_AS(truncate_to_offset(folder / "missing", 5), Error);
}
