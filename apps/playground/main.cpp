// playground: norms to try out by hand, as one page.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "apps/classroom/playground_page.h"
#include "apps/common/program.h"
#include "core/io/atomic_file.h"

namespace norma::playground_command {
namespace {

constexpr About kAbout{
    "playground",
    "Writes one HTML page in which norms run: type or drag numbers and a gradient, pick two norms, "
    "and see outputs, statistics and the parts of the gradient move; check a derivative of your "
    "own. It opens in any browser, fetches nothing, and holds Norma's own norms, compiled to "
    "WebAssembly.",
    "  playground\n"
    "  playground --out lesson_1.html\n"};

int run(CommandLine& line) {
  std::string out = "playground.html";
  line.app().add_option("-o,--out", out, "Page to write; playground.html if left out");
  line.parse();
  io::write_atomically(out, classroom::playground_page());
  if (!line.quiet()) std::cout << "wrote " << std::filesystem::absolute(out).string() << "\n";
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::playground_command
