#include <charconv>
#include <nlohmann/json.hpp>

#include "core/config/findings.h"
#include "core/config/values.h"

namespace norma {
namespace {

// One `dotted.path=value`.
class Assignment {
 public:
  explicit Assignment(const std::string& text) : text_(text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) fail("expected key=value, for example optim.lr=3e-4");
    const std::string path = text.substr(0, equals);
    for (size_t begin = 0; begin <= path.size();) {
      const size_t end = std::min(path.find('.', begin), path.size());
      if (end == begin) fail("found an empty key before '=', expected names joined by dots");
      parts_.push_back(path.substr(begin, end - begin));
      begin = end + 1;
    }
    if (parts_.empty()) fail("found no key before '='");
    value_ = read_value(text.substr(equals + 1));
  }

  void apply(Json& config) const {
    Json* at = &config;
    std::string path;
    for (const std::string& part : parts_) {
      at = &member(*at, part, path);
      path = join(path, part);
    }
    *at = value_;
  }

 private:
  // JSON where it is JSON, a string otherwise; what starts like JSON has to be JSON.
  Json read_value(const std::string& text) const {
    try {
      return parse_json(text, "value");
    } catch (const Error& error) {
      const char first = text.empty() ? '\0' : text[0];
      if (first == '{' || first == '[' || first == '"') fail(error.what());
      return text;
    }
  }

  // The place of `key` in `whole`, which stands at `path`; made where missing.
  Json& member(Json& whole, const std::string& key, const std::string& path) const {
    if (whole.is_array()) return whole[index(key, whole.size(), path)];
    if (whole.is_string()) whole = Json{{"type", whole}};
    if (whole.is_null()) whole = Json::object();
    if (!whole.is_object())
      fail(path + " is " + shown(whole) + ", which has nothing named " + key + " inside");
    return whole[key];
  }

  size_t index(const std::string& key, size_t size, const std::string& path) const {
    size_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size() || number >= size)
      fail(path + " is a list of " + std::to_string(size) + ", found " + key + ", expected " +
           (size == 0 ? "nothing inside" : "a number from 0 to " + std::to_string(size - 1)));
    return number;
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw Error("in the argument \"" + text_ + "\": " + why);
  }

  const std::string& text_;
  std::vector<std::string> parts_;
  Json value_;
};

}  // namespace

void apply_overrides(Json& config, std::span<const std::string> assignments) {
  for (const std::string& text : assignments) Assignment(text).apply(config);
}

}  // namespace norma
