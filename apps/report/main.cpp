// report: training runs as one page to look at.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/common/program.h"
#include "apps/pages/run_page.h"
#include "apps/report/run_files.h"
#include "core/io/atomic_file.h"

namespace norma::report_command {
namespace {

namespace fs = std::filesystem;

constexpr About kAbout{
    "report",
    "Writes one HTML page from run folders, which opens anywhere and fetches nothing: learning "
    "curves of all runs in one chart, every other figure of their metrics, final values, what "
    "their "
    "configs differ in, configs and data cards. A run that is still going can be looked at, too.",
    "  report runs/quickstart\n"
    "  report runs/ln runs/rms --out ln_rms.html\n"
    "  report runs/*\n"};

int run(CommandLine& line) {
  std::vector<std::string> runs;
  std::string out;
  CLI::App& app = line.app();
  app.add_option("runs", runs, "Run folders")->required();
  app.add_option("-o,--out", out,
                 "Page to write; report.html in the first run's folder if left out");
  line.parse();

  const Json data = read_run_folders({runs.begin(), runs.end()});
  const fs::path page = out.empty() ? fs::path(runs[0]) / "report.html" : fs::path(out);
  io::write_atomically(page, run_page(data));
  if (!line.quiet()) std::cout << "wrote " << page.string() << "\n";
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::report_command
