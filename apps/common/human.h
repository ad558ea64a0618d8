#pragma once

#include <cstdint>
#include <string>

namespace norma {

// Figures as people read them: three significant digits and a unit.

// 7, 950, 1.23k, 45.6M, 7.89G; negative and fractional values too: 0.123.
std::string human_count(double value);

// 950 B, 1.5 KiB, 12.3 MiB.
std::string human_bytes(double bytes);

// A share in percent: 0.12 %, 40 %, 1,260 %.
std::string human_percent(double share);

// What an interval of that confidence is called, all its digits given: "95 % interval", "99.9 %
// interval".
std::string interval_name(double confidence);

// How long something took: 12 µs, 3.45 ms, 6.78 s, 4 min 05 s, 2 h 07 min, 3 d 04 h.
std::string human_duration(double seconds);

// A clock that counts down, in little width: 0:07, 12:34, 1:02:03, 2d 03h.
std::string human_clock(double seconds);

// A number by a printf format for one double.
std::string formatted(const char* format, double value);

// All digits: 1,234,567.
std::string grouped(int64_t value);

}  // namespace norma
