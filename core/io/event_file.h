#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/file_system.h"

namespace norma::io {

// How often values fell into intervals: interval i ends at ends[i], above which the next begins;
// the first begins at `least`.
struct Histogram {
  double least = 0, greatest = 0;
  double sum = 0, sum_of_squares = 0;
  std::vector<double> ends, counts;
};

// Of the values that are finite, in intervals of equal width from the least to the greatest of
// them; no interval where there are none, one where all are the same.
template <class T>
Histogram histogram_of(std::span<const T> values, int intervals = 30);

// Writes scalars and histograms as TensorBoard reads them: a file events.out.tfevents.* of its own
// in a run's folder, named for the time at which it was begun and not for the machine. Scalars are
// float32 there, whatever they were.
//
// Every call hands whole records to the system, in one write: whoever follows the file sees
// complete events, and a kill loses none that was written.
class EventFile {
 public:
  // Begins a file in `folder`, behind those that are there. With `replaces_from`, what is written
  // takes the place of that step and of all that follow it: a TensorBoard that looks on forgets
  // what it had read of them. Throws as JsonLines does, here and below.
  explicit EventFile(const std::filesystem::path& folder,
                     std::optional<int64_t> replaces_from = std::nullopt,
                     FileSystem& files = disk());

  // Several scalars of one step: (tag, value). NaN and the infinities are fine.
  void write_scalars(int64_t step, std::span<const std::pair<std::string, double>> scalars);
  void write_histogram(int64_t step, std::string_view tag, const Histogram& histogram);
  // Waits until all that was written would survive a loss of power.
  void sync() { file_->sync(); }

  // Where the next record goes, for a checkpoint to remember.
  struct Position {
    std::string name;   // of the file within the folder
    int64_t bytes = 0;  // of that file
  };
  const Position& position() const { return position_; }

 private:
  void append(std::string_view event);

  std::unique_ptr<OutputFile> file_;
  Position position_;
};

// Cuts a folder's event files back to a checkpoint: to those begun before the one of `position`,
// and its first bytes; without a position removes all. Throws Error where that file is missing or
// shorter.
void rewind_events(const std::filesystem::path& folder,
                   const std::optional<EventFile::Position>& position, FileSystem& files = disk());

}  // namespace norma::io
