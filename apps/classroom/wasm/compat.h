#pragma once

// What C++20 has and older standard libraries of emscripten have not (3.1.6, of Debian 12, comes
// with version 13 of libc++): put in front of every source that build.sh compiles.
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace std {

#if _LIBCPP_VERSION < 14000
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}
#endif

#if _LIBCPP_VERSION < 14000
// The shortest digits that read back as the same number, written as printf's %g writes them.
inline to_chars_result to_chars(char* first, char* last, double value) {
  for (int digits = 15;; ++digits) {
    const int length = snprintf(first, static_cast<size_t>(last - first), "%.*g", digits, value);
    if (length >= last - first) return {last, errc::value_too_large};
    if (digits == 17 || strtod(first, nullptr) == value) return {first + length, errc()};
  }
}
#endif

#if _LIBCPP_VERSION < 200000
inline from_chars_result from_chars(const char* first, const char* last, double& value) {
  const string text(first, last);
  char* end = nullptr;
  const double read = strtod(text.c_str(), &end);
  if (end == text.c_str()) return {first, errc::invalid_argument};
  const char* const behind = first + (end - text.c_str());
  if (__builtin_isinf(read)) return {behind, errc::result_out_of_range};
  value = read;
  return {behind, errc()};
}
#endif

}  // namespace std
