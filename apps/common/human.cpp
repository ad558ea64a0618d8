#include "apps/common/human.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace norma {
namespace {

// Three significant digits, without an exponent, for 0.001 ≤ |value| < 1000 or so.
std::string three_digits(double value) {
  const double size = std::fabs(value);
  const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  char text[64];
  if (size != 0 && size < 0.995)
    std::snprintf(text, sizeof text, "%.3g", value);
  else
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

// A whole number below 1000 needs no decimals.
std::string plain(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.0f", value);
  return std::fabs(value) < 1000 && value == std::floor(value) ? text : three_digits(value);
}

template <size_t N>
std::string scaled(double value, double step, const std::array<const char*, N>& units) {
  size_t unit = 0;
  // 999.5 would be written as 1000: it is one of the next unit.
  while (unit + 1 < N && std::fabs(value) >= (unit == 0 ? step : 999.5)) {
    value /= step;
    ++unit;
  }
  return (unit == 0 ? plain(value) : three_digits(value)) + units[unit];
}

// "4 min 05 s"
std::string two_units(int64_t large, const char* large_unit, int64_t small,
                      const char* small_unit) {
  char text[64];
  std::snprintf(text, sizeof text, "%lld %s %02lld %s", static_cast<long long>(large), large_unit,
                static_cast<long long>(small), small_unit);
  return text;
}

}  // namespace

std::string human_count(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  return scaled<6>(value, 1000, {"", "k", "M", "G", "T", "P"});
}

std::string human_bytes(double bytes) {
  return scaled<6>(bytes, 1024, {" B", " KiB", " MiB", " GiB", " TiB", " PiB"});
}

std::string human_percent(double share) {
  const double percent = 100 * share;
  const bool large = std::fabs(percent) >= 999.5;
  return (large ? grouped(std::llround(percent)) : formatted("%.3g", percent)) + " %";
}

std::string interval_name(double confidence) {
  return formatted("%.10g", 100 * confidence) + " % interval";
}

std::string human_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 999.5e-6) return three_digits(seconds * 1e6) + " µs";
  if (seconds < 999.5e-3) return three_digits(seconds * 1e3) + " ms";
  if (seconds < 99.95) return three_digits(seconds) + " s";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return two_units(whole / 60, "min", whole % 60, "s");
  const int64_t minutes = (whole + 30) / 60;
  if (minutes < 24 * 60) return two_units(minutes / 60, "h", minutes % 60, "min");
  const int64_t hours = (whole + 1800) / 3600;
  return two_units(hours / 24, "d", hours % 24, "h");
}

std::string human_clock(double seconds) {
  constexpr double kMost = 1e9;  // thirty years: nobody knows
  if (!(seconds >= 0 && seconds < kMost)) return "?";
  const auto s = static_cast<long long>(std::llround(seconds));
  char text[64];
  if (s < 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
  else if (s < 2 * 86400)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lldd %02lldh", s / 86400, s / 3600 % 24);
  return text;
}

std::string grouped(int64_t value) {
  std::string digits = std::to_string(value);
  const size_t first = value < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string formatted(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace norma
