// What TensorBoard reads is written here without the protobuf library, whose headers, compiler and
// generated code would cost a build more than all of core/io, for five messages. Their fields
// (tensorflow/core/util/event.proto, framework/summary.proto, framework/histogram.proto, and the
// records of lib/io/record_writer.h) are:
//   Event        1 wall_time double, 2 step int64, 3 file_version string, 5 summary,
//                7 session_log
//   SessionLog   1 status: 1 = started
//   Summary      1 value, repeated
//   Value        1 tag string, 2 simple_value float, 5 histo
//   Histogram    1 min, 2 max, 3 num, 4 sum, 5 sum_squares, 6 bucket_limit, 7 bucket: doubles
#include "core/io/event_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/crc.hpp>
#include <chrono>
#include <cmath>

#include "core/error.h"

namespace norma::io {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kNameStart = "events.out.tfevents.";

template <class T>
std::string little_endian(T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  static_assert(std::endian::native == std::endian::little);
  return {bytes.data(), bytes.size()};
}

// A message in protobuf's encoding, field by field.
class Message {
 public:
  void whole(unsigned field, uint64_t value) {
    key(field, 0);
    varint(value);
  }
  void real(unsigned field, double value) {
    key(field, 1);
    bytes_ += little_endian(value);
  }
  void single(unsigned field, float value) {
    key(field, 5);
    bytes_ += little_endian(value);
  }
  // A text, or a message within this one.
  void text(unsigned field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
  }
  void reals(unsigned field, std::span<const double> values) {
    key(field, 2);
    varint(values.size_bytes());
    for (const double value : values) bytes_ += little_endian(value);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void key(unsigned field, unsigned wire_type) { varint(field << 3 | wire_type); }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// CRC-32C (Castagnoli), turned and moved so that a record which holds records has sums of its own.
uint32_t masked_sum(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return std::rotr(static_cast<uint32_t>(crc.checksum()), 15) + 0xa282ead8u;
}

std::string record_of(std::string_view content) {
  const std::string length = little_endian(static_cast<uint64_t>(content.size()));
  return length + little_endian(masked_sum(length)) + std::string(content) +
         little_endian(masked_sum(content));
}

int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Message event_of(int64_t step) {
  Message event;
  event.real(
      1,
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  event.whole(2, static_cast<uint64_t>(step));
  return event;
}

// Files are read in the order of their names, which therefore are times of ten digits.
std::vector<std::string> event_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (std::string name = entry.path().filename().string(); name.starts_with(kNameStart))
      names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

std::string next_name(const fs::path& folder) {
  const auto name_at = [](int64_t seconds) {
    return std::string(kNameStart) + std::to_string(seconds) + ".norma";
  };
  const std::vector<std::string> names = event_files(folder);
  int64_t seconds = seconds_now();
  // The same second again, or a clock that was set back.
  while (!names.empty() && name_at(seconds) <= names.back()) ++seconds;
  return name_at(seconds);
}

}  // namespace

template <class T>
Histogram histogram_of(std::span<const T> values, int intervals) {
  Histogram made;
  int64_t finite = 0;
  for (const T value : values) {
    if (!std::isfinite(value)) continue;
    const double x = static_cast<double>(value);
    made.least = finite == 0 ? x : std::min(made.least, x);
    made.greatest = finite == 0 ? x : std::max(made.greatest, x);
    made.sum += x;
    made.sum_of_squares += x * x;
    ++finite;
  }
  if (finite == 0) return made;
  const double width = made.greatest / intervals - made.least / intervals;
  if (width == 0) {
    made.ends = {made.greatest};
    made.counts = {static_cast<double>(finite)};
    return made;
  }
  made.counts.assign(static_cast<size_t>(intervals), 0);
  for (int i = 1; i < intervals; ++i) made.ends.push_back(made.least + i * width);
  made.ends.push_back(made.greatest);
  for (const T value : values)
    if (std::isfinite(value)) {
      const double place = static_cast<double>(value) / width - made.least / width;
      ++made.counts[static_cast<size_t>(std::clamp<double>(place, 0, intervals - 1))];
    }
  return made;
}
template Histogram histogram_of(std::span<const float>, int);
template Histogram histogram_of(std::span<const double>, int);

EventFile::EventFile(const fs::path& folder, std::optional<int64_t> replaces_from,
                     FileSystem& files) {
  position_.name = next_name(folder);
  file_ = files.create(folder / position_.name);
  files.sync_folder(folder);
  Message version = event_of(0);
  version.text(3, "brain.Event:2");
  append(version.bytes());
  if (!replaces_from) return;
  Message started, again = event_of(*replaces_from);
  started.whole(1, 1);
  again.text(7, started.bytes());
  append(again.bytes());
}

void EventFile::append(std::string_view event) {
  const std::string record = record_of(event);
  file_->write(std::as_bytes(std::span(record)));
  position_.bytes += static_cast<int64_t>(record.size());
}

void EventFile::write_scalars(int64_t step,
                              std::span<const std::pair<std::string, double>> scalars) {
  Message summary;
  for (const auto& [tag, number] : scalars) {
    Message value;
    value.text(1, tag);
    value.single(2, static_cast<float>(number));
    summary.text(1, value.bytes());
  }
  Message event = event_of(step);
  event.text(5, summary.bytes());
  append(event.bytes());
}

void EventFile::write_histogram(int64_t step, std::string_view tag, const Histogram& histogram) {
  double count = 0;
  for (const double each : histogram.counts) count += each;
  Message histo, value, summary, event = event_of(step);
  histo.real(1, histogram.least);
  histo.real(2, histogram.greatest);
  histo.real(3, count);
  histo.real(4, histogram.sum);
  histo.real(5, histogram.sum_of_squares);
  histo.reals(6, histogram.ends);
  histo.reals(7, histogram.counts);
  value.text(1, tag);
  value.text(5, histo.bytes());
  summary.text(1, value.bytes());
  event.text(5, summary.bytes());
  append(event.bytes());
}

void rewind_events(const fs::path& folder, const std::optional<EventFile::Position>& position,
                   FileSystem& files) {
  if (!fs::exists(folder)) return;
  for (const std::string& name : event_files(folder))
    if (!position || name > position->name) files.remove_file(folder / name);
  if (!position) return;
  const fs::path last = folder / position->name;
  const uint64_t wanted = static_cast<uint64_t>(position->bytes);
  const uint64_t found = fs::exists(last) ? fs::file_size(last) : 0;
  if (found < wanted)
    throw Error(last.string() + ": has " + std::to_string(found) +
                " bytes, the checkpoint was written when it had " + std::to_string(wanted));
  if (found > wanted) files.shorten(last, wanted);
}

}  // namespace norma::io
