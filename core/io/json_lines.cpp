#include "core/io/json_lines.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/io/mapped_file.h"

namespace norma::io {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// `value` with the numbers that JSON cannot write turned into their names.
Json writable(const Json& value) {
  Json result = value;
  if (value.is_structured()) {
    for (auto& element : result) element = writable(element);
  } else if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    const double number = value.get<double>();
    result = std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  }
  return result;
}

// What a line says about its step.
struct Line {
  bool readable = false;
  std::optional<double> step;
};

Line read_line(std::string_view text) {
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return {};
  const auto step = object.find("step");
  if (step == object.end() || !step->is_number()) return {true, std::nullopt};
  return {true, step->get<double>()};
}

}  // namespace

std::string json_line(const Json& object) {
  return writable(object).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Json> read_json_lines(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Error(path.string() + " cannot be read");
  std::vector<Json> objects;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const bool whole = !stream.eof();  // its end was written, too
    if (!whole) break;
    Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object())
      throw Error(path.string() + ":" + std::to_string(number) + " is no JSON object");
    objects.push_back(std::move(object));
  }
  return objects;
}

JsonLines::JsonLines(const fs::path& path, int lines_per_write, FileSystem& files)
    : lines_per_write_(lines_per_write) {
  const bool is_new = !fs::exists(path);
  if (!is_new) {
    const MappedFile old(path);
    const size_t complete = text_of(old).rfind('\n') + 1;  // npos + 1 is 0
    if (complete < old.bytes().size()) files.shorten(path, complete);
    written_ = static_cast<int64_t>(complete);
  }
  file_ = files.append(path);
  if (is_new) files.sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

JsonLines::~JsonLines() {
  try {
    flush();
  } catch (const std::exception&) {
    // Callers who must know call flush() themselves.
  }
}

void JsonLines::write(const Json& object) {
  pending_ += json_line(object) + "\n";
  if (++pending_lines_ >= lines_per_write_) flush();
}

void JsonLines::flush() {
  if (pending_.empty()) return;
  // Emptied first: after a failure, writing the same again would only repeat what did arrive.
  const std::string lines = std::exchange(pending_, {});
  pending_lines_ = 0;
  file_->write(std::as_bytes(std::span(lines)));
  written_ += static_cast<int64_t>(lines.size());
}

void JsonLines::sync() {
  flush();
  file_->sync();
}

void truncate_to_offset(const fs::path& path, int64_t offset, FileSystem& files) {
  if (!fs::exists(path) && offset == 0) return;
  const MappedFile file(path);
  const std::string_view text = text_of(file);
  const auto end = static_cast<size_t>(offset);
  if (offset < 0 || end > text.size()) {
    throw Error(path.string() + ": has " + std::to_string(text.size()) +
                " bytes, the checkpoint was written when it had " + std::to_string(offset));
  }
  if (end > 0 && text[end - 1] != '\n') {
    throw Error(path.string() + ": no line ends at byte " + std::to_string(offset) +
                ", where the checkpoint says one does");
  }
  if (end < text.size()) files.shorten(path, end);
}

void truncate_to_step(const fs::path& path, int64_t step, FileSystem& files) {
  if (!fs::exists(path)) return;
  const MappedFile file(path);
  const std::string_view text = text_of(file);
  size_t keep = 0;        // bytes up to the end of the last line to be kept
  size_t unreadable = 0;  // number of the first line after them that cannot be read
  size_t begin = 0;
  for (size_t number = 1; begin < text.size(); ++number) {
    const size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) break;  // torn
    const Line line = read_line(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.step && *line.step > static_cast<double>(step)) break;
    if (!line.readable) {
      if (unreadable == 0) unreadable = number;
      continue;
    }
    if (unreadable > 0 && line.step) {
      throw Error(path.string() + ": line " + std::to_string(unreadable) +
                  " is not a JSON object, but lines after it belong to step " +
                  std::to_string(step) + " or before");
    }
    if (unreadable == 0) keep = begin;
  }
  if (keep < text.size()) files.shorten(path, keep);
}

}  // namespace norma::io
