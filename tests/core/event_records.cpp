#include "tests/core/event_records.h"

#include <cstring>
#include <functional>

#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

// Takes things from the front of some bytes.
class Front {
 public:
  explicit Front(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::string_view take(size_t count) {
    REQUIRE(count <= bytes_.size());
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

 private:
  std::string_view bytes_;
};

// One field of a message, by its wire type.
struct Field {
  unsigned number = 0;
  uint64_t whole = 0;
  double real = 0;
  float single = 0;
  std::string_view text = {};
};

void for_fields(std::string_view message, const std::function<void(const Field&)>& visit) {
  for (Front front(message); !front.empty();) {
    const uint64_t key = front.varint();
    Field field;
    field.number = static_cast<unsigned>(key >> 3);
    switch (key & 7) {
      case 0:
        field.whole = front.varint();
        break;
      case 1:
        field.real = front.number<double>();
        break;
      case 2:
        field.text = front.take(front.varint());
        break;
      case 5:
        field.single = front.number<float>();
        break;
      default:
        FAIL("no wire type: " << (key & 7));
    }
    visit(field);
  }
}

std::vector<double> packed_reals(std::string_view bytes) {
  std::vector<double> numbers;
  for (Front front(bytes); !front.empty();) numbers.push_back(front.number<double>());
  return numbers;
}

ReadHistogram histogram_in(std::string_view message) {
  ReadHistogram read{};
  for_fields(message, [&](const Field& field) {
    double* const reals[] = {&read.least, &read.greatest, &read.count, &read.sum,
                             &read.sum_of_squares};
    if (field.number >= 1 && field.number <= 5) *reals[field.number - 1] = field.real;
    if (field.number == 6) read.ends = packed_reals(field.text);
    if (field.number == 7) read.counts = packed_reals(field.text);
  });
  return read;
}

void read_value(std::string_view message, ReadEvent& event) {
  std::string tag;
  for_fields(message, [&](const Field& field) {
    if (field.number == 1) tag = field.text;
    if (field.number == 2) event.scalars.push_back({tag, field.single});
    if (field.number == 5) event.histograms.emplace_back(tag, histogram_in(field.text));
  });
}

ReadEvent event_in(std::string_view message) {
  ReadEvent event;
  for_fields(message, [&](const Field& field) {
    if (field.number == 1) event.wall_time = field.real;
    if (field.number == 2) event.step = static_cast<int64_t>(field.whole);
    if (field.number == 3) event.version = field.text;
    if (field.number == 5)
      for_fields(field.text, [&](const Field& value) { read_value(value.text, event); });
    if (field.number == 7)
      for_fields(field.text, [&](const Field& status) { event.restart = status.whole == 1; });
  });
  return event;
}

void check_sum(std::string_view bytes, uint32_t masked) {
  const uint32_t turned = masked - 0xa282ead8u;
  CHECK((turned << 15 | turned >> 17) == crc32c(bytes));
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

std::vector<ReadEvent> read_events(const std::filesystem::path& file) {
  const std::string bytes = read_bytes(file);
  std::vector<ReadEvent> events;
  for (Front front(bytes); !front.empty();) {
    const std::string_view length = front.take(8);
    check_sum(length, front.number<uint32_t>());
    const std::string_view content = front.take(Front(length).number<uint64_t>());
    check_sum(content, front.number<uint32_t>());
    events.push_back(event_in(content));
  }
  return events;
}

std::vector<std::filesystem::path> event_files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names_in(folder))
    if (name.find("tfevents") != std::string::npos) files.push_back(folder / name);
  return files;
}

std::vector<ReadEvent> events_of(const std::filesystem::path& folder) {
  std::vector<ReadEvent> all;
  for (const auto& file : event_files_of(folder))
    for (ReadEvent& event : read_events(file)) all.push_back(std::move(event));
  return all;
}

}  // namespace norma
