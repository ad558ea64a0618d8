#include "core/io/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/error.h"

namespace norma::io {
namespace {

constexpr std::string_view kMetadata = "__metadata__";

// Follows the header token by token. A document tree would be simpler to read from, but it keeps
// only the last of two equal keys, silently, and two programs could then see two different files.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}
  SafetensorsHeader header;

  bool start_object(size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop) {
      place_ = name_ == kMetadata ? Place::kInMetadata : Place::kInTensor;
      seen_.clear();
    } else {
      refuse_value("an object");
    }
    return true;
  }

  bool key(std::string& key) override {
    if (place_ == Place::kTop) {
      name_ = key;
      if (!names_.insert(key).second) refuse("the name " + quote(key) + " appears twice");
    } else {
      field_ = key;
      if (!seen_.insert(key).second) {
        refuse(entry() + "the key " + quote(key) + " appears twice");
      }
      if (place_ == Place::kInTensor && key != "dtype" && key != "shape" && key != "data_offsets") {
        refuse(entry() + "unknown key " + quote(key) + ", expected dtype, shape and data_offsets");
      }
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kInTensor) {
      for (const char* needed : {"dtype", "shape", "data_offsets"}) {
        if (!seen_.count(needed)) refuse(entry() + "has no " + needed);
      }
      if (tensor().data_offsets.size() != 2) {
        refuse(entry() + "data_offsets has " + std::to_string(tensor().data_offsets.size()) +
               " numbers, expected begin and end");
      }
    }
    place_ = place_ == Place::kTop ? Place::kOutside : Place::kTop;
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::kInTensor || field_ == "dtype") refuse_value("a list");
    place_ = Place::kInNumbers;
    numbers().clear();
    return true;
  }

  bool end_array() override {
    place_ = Place::kInTensor;
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::kInMetadata) {
      header.metadata[field_] = value;
    } else if (place_ == Place::kInTensor && field_ == "dtype") {
      tensor().dtype = value;
    } else {
      refuse_value("the text " + quote(value));
    }
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    if (place_ != Place::kInNumbers || value > std::numeric_limits<int64_t>::max()) {
      refuse_value(std::to_string(value));
    }
    numbers().push_back(static_cast<int64_t>(value));
    return true;
  }

  bool number_integer(int64_t value) override { return refuse_value(std::to_string(value)); }
  bool number_float(double, const std::string& text) override { return refuse_value(text); }
  bool boolean(bool value) override { return refuse_value(value ? "true" : "false"); }
  bool null() override { return refuse_value("null"); }
  bool binary(nlohmann::json::binary_t&) override { return refuse_value("binary data"); }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    return refuse("the header is not valid JSON at its byte " + std::to_string(position));
  }

 private:
  enum class Place { kOutside, kTop, kInMetadata, kInTensor, kInNumbers };

  SafetensorsHeader::Entry& tensor() { return header.tensors[name_]; }
  std::vector<int64_t>& numbers() {
    return field_ == "shape" ? tensor().shape : tensor().data_offsets;
  }
  std::string entry() const {
    return name_ == kMetadata ? "__metadata__: " : "tensor " + quote(name_) + ": ";
  }

  [[noreturn]] bool refuse(const std::string& what) { throw Error(file_ + ": " + what); }

  [[noreturn]] bool refuse_value(const std::string& found) {
    switch (place_) {
      case Place::kOutside:
        refuse("the header is " + found + ", expected an object");
      case Place::kTop:
        refuse(entry() + "is " + found + ", expected an object");
      case Place::kInMetadata:
        refuse(entry() + quote(field_) + " is " + found + ", expected a text");
      case Place::kInTensor:
        refuse(entry() + field_ + " is " + found + ", expected " +
               (field_ == "dtype" ? "a text" : "a list of whole numbers"));
      case Place::kInNumbers:
        refuse(entry() + field_ + " holds " + found + ", expected whole numbers from 0 to 2^63-1");
    }
    refuse("unreadable header");
  }

  const std::string& file_;
  Place place_ = Place::kOutside;
  std::string name_;             // the entry of the header that is being read
  std::string field_;            // the key inside it
  std::set<std::string> names_;  // keys so far, of the header
  std::set<std::string> seen_;   // keys so far, of the entry
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file) {
  if (json.empty() || json.front() != '{') {
    throw Error(file + ": not a safetensors file: the header does not begin with {");
  }
  // The JSON parser takes a zero byte for the end of the text and would overlook what follows.
  if (const size_t zero = json.find('\0'); zero != std::string_view::npos) {
    throw Error(file + ": the header holds a zero byte at " + std::to_string(zero));
  }
  HeaderReader reader(file);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader.header);
}

std::string quote(std::string_view name) {
  constexpr size_t kLongest = 100;
  size_t end = std::min(name.size(), kLongest);
  if (end < name.size()) {
    while (end > 0 && (name[end] & 0xc0) == 0x80) --end;  // not inside a UTF-8 character
  }
  std::string text = "\"";
  for (unsigned char c : name.substr(0, end)) {
    if (c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
      text += "\\x";
      text += "0123456789abcdef"[c >> 4];
      text += "0123456789abcdef"[c & 15];
    } else {
      text += static_cast<char>(c);
    }
  }
  return text + (end < name.size() ? "…\"" : "\"");
}

}  // namespace norma::io
