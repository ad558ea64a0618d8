#pragma once

// Catch2, version 2 (Debian 12) or 3 (Debian 13, Ubuntu 24.04), with the names both understand:
// Approx for a number, Catch::Matchers::ContainsSubstring for a part of a text.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;
#else
#include <catch2/catch.hpp>

namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text,
                              CaseSensitive::Choice choice = CaseSensitive::Yes) {
  return Contains(text, choice);
}
}  // namespace Catch::Matchers
#endif
