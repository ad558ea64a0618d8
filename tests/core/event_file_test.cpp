#include "core/io/event_file.h"

#include <limits>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/core/event_records.h"
#include "tests/core/file_bytes.h"
#include "tests/core/recording_file_system.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;
using Catch::Matchers::ContainsSubstring;

namespace {

using Scalars = std::vector<std::pair<std::string, double>>;

std::vector<float> values_of(const std::filesystem::path& folder, const std::string& tag) {
  std::vector<float> values;
  for (const ReadEvent& event : events_of(folder))
    for (const ReadScalar& scalar : event.scalars)
      if (scalar.tag == tag) values.push_back(scalar.value);
  return values;
}

}  // namespace

TEST_CASE("event file: records, sums and values are what TensorBoard's format says") {
  REQUIRE(crc32c("123456789") == 0xe3069283u);  // RFC 3720's check value
  TemporaryFolder folder;
  EventFile file(folder.path());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // Steps and tags that need one byte and several.
  const std::string long_tag(300, 'x');
  file.write_scalars(1, Scalars{{"train/loss", 0.1}, {"lr", 1e-3}});
  file.write_scalars(5'000'000'000, Scalars{{long_tag, -kInfinity}, {"µ", 1e300}});
  const std::vector<ReadEvent> events = read_events(event_files_of(folder.path()).at(0));
  REQUIRE(events.size() == 3);
  CHECK(events[0].version == "brain.Event:2");
  CHECK(events[0].wall_time > 1.6e9);
  CHECK(events[1].step == 1);
  CHECK(events[1].scalars == std::vector<ReadScalar>{{"train/loss", 0.1f}, {"lr", 1e-3f}});
  CHECK(events[2].step == 5'000'000'000);
  CHECK(events[2].scalars ==
        std::vector<ReadScalar>{{long_tag, -std::numeric_limits<float>::infinity()},
                                {"µ", std::numeric_limits<float>::infinity()}});
}

TEST_CASE("event file: a histogram holds every finite value once") {
  TemporaryFolder folder;
  std::vector<float> values{-3,
                            5,
                            0.25f,
                            0.5f,
                            std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity()};
  for (int i = 0; i < 1000; ++i) values.push_back(-3 + 8 * static_cast<float>(i) / 1000);
  const Histogram made = histogram_of(std::span<const float>(values), 16);
  EventFile file(folder.path());
  file.write_histogram(7, "grads/head.weight", made);
  const ReadEvent event = read_events(event_files_of(folder.path()).at(0)).at(1);
  CHECK(event.step == 7);
  REQUIRE(event.histograms.size() == 1);
  const auto& [tag, read] = event.histograms[0];
  CHECK(tag == "grads/head.weight");
  CHECK(read.count == 1004);
  CHECK(read.least == -3);
  CHECK(read.greatest == 5);
  double sum = 0, squares = 0;
  for (const float value : values)
    if (std::isfinite(value)) sum += value, squares += static_cast<double>(value) * value;
  CHECK(read.sum == sum);
  CHECK(read.sum_of_squares == squares);
  REQUIRE(read.ends.size() == 16);
  REQUIRE(read.counts.size() == 16);
  double from = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < 16; ++i) {
    // A value at an end belongs to the interval that begins there.
    const double end = i == 15 ? std::numeric_limits<double>::infinity() : read.ends[i];
    const auto inside = [&](float v) { return std::isfinite(v) && v >= from && v < end; };
    CHECK(read.counts[i] ==
          static_cast<double>(std::count_if(values.begin(), values.end(), inside)));
    from = end;
  }
}

TEST_CASE("event file: histograms of one value, of none, and of the largest numbers") {
  const std::vector<double> same(5, 0.1), empty, nothing{std::nan("")};
  const Histogram one = histogram_of(std::span<const double>(same));
  CHECK(one.ends == std::vector<double>{0.1});
  CHECK(one.counts == std::vector<double>{5});
  CHECK(histogram_of(std::span<const double>(empty)).counts.empty());
  CHECK(histogram_of(std::span<const double>(nothing)).counts.empty());
  const std::vector<double> far{-1.7e308, 0, 1.7e308};
  const Histogram wide = histogram_of(std::span<const double>(far), 3);
  CHECK(wide.counts == std::vector<double>{1, 1, 1});
}

TEST_CASE("event file: a record reaches the disk whole, in one write, and its name no machine") {
  TemporaryFolder folder;
  RecordingFileSystem files(folder.path());
  EventFile file(folder.path(), std::nullopt, files);
  file.write_scalars(1, Scalars{{"a", 1}, {"b", 2}});
  file.sync();
  int writes = 0;
  for (const DiskOperation& operation : files.operations())
    writes += operation.kind == DiskOperation::Kind::kWrite;
  CHECK(writes == 2);  // the version, and the scalars
  const std::string name = event_files_of(folder.path()).at(0).filename().string();
  CHECK(name == file.position().name);
  CHECK(name.find_first_not_of("0123456789", std::string("events.out.tfevents.").size()) ==
        name.find(".norma"));
}

TEST_CASE("event file: what goes on after a checkpoint leaves no step twice") {
  TemporaryFolder folder;
  std::optional<EventFile> file(folder.path());
  file->write_scalars(1, Scalars{{"loss", 1}});
  file->write_scalars(2, Scalars{{"loss", 2}});
  const EventFile::Position saved = file->position();
  file->write_scalars(3, Scalars{{"loss", 30}});
  file.emplace(folder.path());  // began at the same second, and reads as the later one
  file->write_scalars(4, Scalars{{"loss", 40}});
  file.reset();
  REQUIRE(event_files_of(folder.path()).size() == 2);

  rewind_events(folder.path(), saved);
  CHECK(values_of(folder.path(), "loss") == std::vector<float>{1, 2});
  EventFile again(folder.path(), 3);
  again.write_scalars(3, Scalars{{"loss", 3}});
  CHECK(values_of(folder.path(), "loss") == std::vector<float>{1, 2, 3});
  const ReadEvent restart = read_events(event_files_of(folder.path()).at(1)).at(1);
  CHECK(restart.restart);
  CHECK(restart.step == 3);

  std::filesystem::resize_file(event_files_of(folder.path()).at(0), 10);
  CHECK_THROWS_WITH(rewind_events(folder.path(), saved),
                    ContainsSubstring("has 10 bytes, the checkpoint was written when it had"));
  write_bytes(folder / "metrics.jsonl", "");
  rewind_events(folder.path(), std::nullopt);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"metrics.jsonl"});
}
