#include "apps/common/human.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"

namespace norma {

TEST_CASE("counts have three digits and a unit", "[apps]") {
  CHECK(human_count(0) == "0");
  CHECK(human_count(7) == "7");
  CHECK(human_count(950) == "950");
  CHECK(human_count(999) == "999");
  CHECK(human_count(999.7) == "1000");
  CHECK(human_count(1000) == "1.00k");
  CHECK(human_count(12345) == "12.3k");
  CHECK(human_count(999499) == "999k");
  CHECK(human_count(999500) == "1.00M");
  CHECK(human_count(7.89e9) == "7.89G");
  CHECK(human_count(-45.6e6) == "-45.6M");
  CHECK(human_count(3.14159) == "3.14");
  CHECK(human_count(0.12345) == "0.123");
  CHECK(human_count(0.00012345) == "0.000123");
  CHECK(human_count(1e18) == "1000P");
  CHECK(human_count(std::nan("")) == "nan");
  CHECK(human_count(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("bytes count in powers of 1024", "[apps]") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(1000) == "1000 B");
  CHECK(human_bytes(1024) == "1.00 KiB");
  CHECK(human_bytes(12.3 * 1024 * 1024) == "12.3 MiB");
  CHECK(human_bytes(1023.9 * 1024) == "1.00 MiB");
}

TEST_CASE("shares are written in percent, never as powers of ten", "[apps]") {
  CHECK(human_percent(0.4) == "40 %");
  CHECK(human_percent(1) == "100 %");
  CHECK(human_percent(0.0126) == "1.26 %");
  CHECK(human_percent(12.64) == "1,264 %");
  CHECK(human_percent(-0.021) == "-2.1 %");
  CHECK(interval_name(0.95) == "95 % interval");
  CHECK(interval_name(0.975) == "97.5 % interval");
  CHECK(interval_name(0.999) == "99.9 % interval");
  CHECK(interval_name(0.99999) == "99.999 % interval");
  CHECK(interval_name(0.57) == "57 % interval");
}

TEST_CASE("durations choose their units", "[apps]") {
  CHECK(human_duration(0) == "0.00 µs");
  CHECK(human_duration(12.3e-6) == "12.3 µs");
  CHECK(human_duration(3.45e-3) == "3.45 ms");
  CHECK(human_duration(0.9996) == "1.00 s");
  CHECK(human_duration(6.78) == "6.78 s");
  CHECK(human_duration(99.96) == "1 min 40 s");
  CHECK(human_duration(245) == "4 min 05 s");
  CHECK(human_duration(3599.6) == "1 h 00 min");
  CHECK(human_duration(7620) == "2 h 07 min");
  CHECK(human_duration(3 * 86400 + 4 * 3600) == "3 d 04 h");
  CHECK(human_duration(-1) == "?");
  CHECK(human_duration(std::nan("")) == "?");
}

TEST_CASE("a clock counts down", "[apps]") {
  CHECK(human_clock(0) == "0:00");
  CHECK(human_clock(6.6) == "0:07");
  CHECK(human_clock(59.6) == "1:00");
  CHECK(human_clock(754) == "12:34");
  CHECK(human_clock(3723) == "1:02:03");
  CHECK(human_clock(3 * 86400 + 3 * 3600) == "3d 03h");
  CHECK(human_clock(std::numeric_limits<double>::infinity()) == "?");
  CHECK(human_clock(-1) == "?");
}

TEST_CASE("digits in groups of three", "[apps]") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(-123456) == "-123,456");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(std::numeric_limits<int64_t>::min()) == "-9,223,372,036,854,775,808");
}

}  // namespace norma
