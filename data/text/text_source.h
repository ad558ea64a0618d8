#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace norma {

// A text and where it comes from.
struct SourceText {
  std::string text;
  std::string source, licence;
  std::vector<std::string> notes;
};

// Reads the text that `source` names: "bible-kjv" (what the program `bible` prints), "synthetic"
// (sentences made up by rule), or a file, plain or compressed with gzip.
// When a text that comes in a system package is not installed and `use_synthetic_fallback` is set,
// the synthetic text stands in and a note says so; else the Error names the package.
SourceText read_text_source(const std::string& source, bool use_synthetic_fallback);

}  // namespace norma
