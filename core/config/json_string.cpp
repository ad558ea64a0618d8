// Texts in quotes: escapes and UTF-8.
#include <cstdint>

#include "core/config/json_parser.h"

namespace norma {
namespace {

void append_utf8(std::string& out, uint32_t code) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

bool is_high_surrogate(uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

}  // namespace

std::string JsonParser::string() {
  std::string out;
  take('"');
  while (!take('"')) {
    const auto byte = static_cast<unsigned char>(peek());
    if (at_end() || peek() == '\n' || peek() == '\r')
      fail("the closing quote (a line break in a text is written \\n)");
    if (byte < 0x20) fail("no control characters in a text (a tab is written \\t)");
    if (byte == '\\')
      escape(out);
    else if (byte < 0x80)
      out += text_[at_++];
    else
      utf8_character(out);
  }
  return out;
}

void JsonParser::escape(std::string& out) {
  const size_t begin = at_;
  take('\\');
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (const size_t which = kNames.find(peek()); !at_end() && which != std::string_view::npos) {
    out += kMeanings[which];
    ++at_;
    return;
  }
  if (!take('u'))
    fail_at(begin, "a backslash before " + found(), "an escape such as \\n, \\\\ or \\u00e9");
  uint32_t code = hex4(begin);
  if (is_high_surrogate(code) && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    const uint32_t low = hex4(begin);
    if (is_low_surrogate(low))
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    else
      code = 0xD800;  // refused below
  }
  if (is_high_surrogate(code) || is_low_surrogate(code))
    fail_at(begin, "half of a surrogate pair", "both halves: \\ud83d\\ude00");
  append_utf8(out, code);
}

unsigned JsonParser::hex4(size_t escape_begin) {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = peek();
    if (c >= '0' && c <= '9')
      code = code * 16 + static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      code = code * 16 + static_cast<unsigned>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      code = code * 16 + static_cast<unsigned>(c - 'A' + 10);
    else
      fail_at(escape_begin, "\\u without four hexadecimal digits", "an escape such as \\u00e9");
    ++at_;
  }
  return code;
}

// Copies one character, checked: no stray or missing continuation bytes, no overlong forms, no
// surrogates, nothing above U+10FFFF.
void JsonParser::utf8_character(std::string& out) {
  const auto byte = [&](size_t i) {
    return i < text_.size() ? static_cast<unsigned char>(text_[i]) : 0u;
  };
  const uint32_t lead = byte(at_);
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  constexpr uint32_t kLeadBits[5] = {0, 0, 0x1F, 0x0F, 0x07};
  constexpr uint32_t kSmallest[5] = {1, 1, 0x80, 0x800, 0x10000};
  uint32_t code = lead & kLeadBits[length];
  bool valid = length != 0 && lead < 0xF8;
  for (size_t i = 1; i < length; ++i) {
    valid = valid && (byte(at_ + i) & 0xC0) == 0x80;
    code = code << 6 | (byte(at_ + i) & 0x3F);
  }
  valid = valid && code >= kSmallest[length] && code <= 0x10FFFF && !is_high_surrogate(code) &&
          !is_low_surrogate(code);
  if (!valid) fail("text in UTF-8");
  out.append(text_.substr(at_, length));
  at_ += length;
}

}  // namespace norma
