#pragma once

#include <string>
#include <string_view>

#include "core/config/json.h"

namespace norma {

// Reads one JSON text by recursive descent. Our own reader, because its messages are the first
// thing a newcomer meets: they name what stands there and what belongs there.
class JsonParser {
 public:
  // Both must outlive the parser; `source` stands for the text in messages.
  JsonParser(std::string_view text, std::string_view source) : text_(text), source_(source) {}
  Json parse();

 private:
  Json value(int depth);
  Json object(int depth);
  Json list(int depth);
  Json number();
  Json word();
  std::string string();
  void escape(std::string& out);
  unsigned hex4(size_t escape_begin);
  void utf8_character(std::string& out);

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_end() const { return at_ >= text_.size(); }
  bool take(char c);
  void skip_space();
  // What stands at the current byte, in words.
  std::string found() const;
  [[noreturn]] void fail(std::string_view expected) const { fail_at(at_, found(), expected); }
  [[noreturn]] void fail_at(size_t offset, std::string_view found, std::string_view expected) const;

  std::string_view text_, source_;
  size_t at_ = 0;
};

}  // namespace norma
