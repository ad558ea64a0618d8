#pragma once

#include <string>
#include <vector>

namespace norma {

// Comma-separated values as RFC 4180 has them, read by other code than wrote them.
std::vector<std::vector<std::string>> parsed_csv(const std::string& text);

}  // namespace norma
