#include "data/text/text_source.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "core/error.h"
#include "data/byte_reader.h"
#include "data/text/synthetic_text.h"

namespace norma {
namespace {

// What a shell command prints; empty when the shell finds no such program.
std::optional<std::string> output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw Failure("cannot start a shell to run: " + command);
  std::string output;
  std::array<char, 65536> piece{};
  while (const size_t got = std::fread(piece.data(), 1, piece.size(), pipe))
    output.append(piece.data(), got);
  const int status = ::pclose(pipe);
  constexpr int kNotFound = 127;  // the shell's exit code
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) return {};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Failure("`" + command + "` failed with status " + std::to_string(status));
  return output;
}

// The King James text as the package's program prints it, one verse a line with its reference in
// front ("Ge1:1 In the beginning …"); kept as it is, so that results compare with those of others
// who pipe the same command. The program looks for its data in the current folder first, hence cd.
std::optional<SourceText> king_james_text() {
  auto text = output_of("cd / && bible -f gen1:1-rev22:21 </dev/null 2>/dev/null");
  if (!text) return {};
  if (text->empty()) throw Error("[data] the program `bible` printed no text");
  return SourceText{
      std::move(*text),
      "package bible-kjv: output of `bible -f gen1:1-rev22:21`",
      "the text of 1611 and 1769 is in the public domain (in the United Kingdom under "
      "Crown letters patent)",
      {}};
}

SourceText synthetic_source() {
  return {synthetic_text(), "synthetic: number stories made up by Norma", "public domain", {}};
}

}  // namespace

SourceText read_text_source(const std::string& source, bool use_synthetic_fallback) {
  if (source == "synthetic") return synthetic_source();
  if (source == "bible-kjv") {
    if (auto text = king_james_text()) return std::move(*text);
    const std::string missing = "the program `bible` of the package bible-kjv is not installed";
    if (!use_synthetic_fallback)
      throw Error("[data] source \"bible-kjv\": " + missing +
                  " (apt-get install bible-kjv); or name a text file, or set data.fallback to "
                  "\"synthetic\"");
    SourceText text = synthetic_source();
    text.notes.push_back(missing + ": training on synthetic number stories instead");
    return text;
  }
  if (!std::filesystem::exists(source))
    throw Error("[data] source \"" + source +
                "\" is neither a file nor a known text (\"bible-kjv\", \"synthetic\")");
  ByteReader reader(source);
  const std::vector<uint8_t> bytes = reader.read_rest();
  return {std::string(bytes.begin(), bytes.end()), source, "unknown", {}};
}

}  // namespace norma
