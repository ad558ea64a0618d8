#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads TensorBoard's event files, independently of the code that writes them.
namespace norma {

struct ReadHistogram {
  double least, greatest, count, sum, sum_of_squares;
  std::vector<double> ends, counts;
};

struct ReadScalar {
  std::string tag;
  float value;
  bool operator==(const ReadScalar&) const = default;
};

struct ReadEvent {
  double wall_time = 0;
  int64_t step = 0;
  std::string version;
  bool restart = false;
  std::vector<ReadScalar> scalars;
  std::vector<std::pair<std::string, ReadHistogram>> histograms;
};

// CRC-32C, bit by bit.
uint32_t crc32c(std::string_view bytes);

// All events of a file; fails the test where a record is torn or one of its sums is wrong.
std::vector<ReadEvent> read_events(const std::filesystem::path& file);

// Those of all event files of a folder, in the order of their names.
std::vector<std::filesystem::path> event_files_of(const std::filesystem::path& folder);
std::vector<ReadEvent> events_of(const std::filesystem::path& folder);

}  // namespace norma
