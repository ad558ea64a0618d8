#include "apps/common/program.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>
#include <system_error>
#include <vector>

#include "apps/common/error_report.h"
#include "apps/common/log.h"
#include "apps/common/spin_count.h"
#include "apps/common/status_line.h"
#include "apps/common/terminal.h"
#include "core/error.h"
#include "core/version.h"

namespace norma {
namespace {

constexpr int kDone = 0, kBroken = 1, kUsersMistake = 2;

struct Program {
  About about;
  int (*body)(CommandLine&);
};
std::vector<Program>& programs() {
  static std::vector<Program> all;
  return all;
}

void say(const About& about, const std::string& message) {
  status_line().keep();
  const Terminal& terminal = stderr_terminal();
  write_all(2, terminal.styled(std::string(about.name) + ": ", Style::kRed) + message + "\n");
}

std::string option_near(const CLI::App& app, const std::string& wrong) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return nearest_name(wrong.substr(0, wrong.find('=')), names);
}

// What is wrong with the command line. CLI11's sentence, with a hint where an option is misspelt.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  for (const std::string& left_over : app.remaining())
    if (left_over.starts_with("--"))
      if (const std::string near = option_near(app, left_over); !near.empty())
        message += "; did you mean " + near + "?";
  return message + "\n" + app.get_name() + " --help lists what is possible";
}

// Results are written to stdout through a buffer; whether all of it arrived shows only now.
bool stdout_arrived() {
  std::cout.flush();
  return std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace

CommandLine::CommandLine(int argc, char** argv, const About& about)
    : argc_(argc), argv_(argv), app_(std::make_unique<CLI::App>(about.summary, about.name)) {
  app_->option_defaults()->always_capture_default();
  app_->set_help_flag("-h,--help", "Show this text");
  app_->set_version_flag(
      "--version",
      std::string("norma ") + about.name + " " + version() + "\n" + build_description(),
      "Show the version");
  app_->add_flag("-q,--quiet", quiet_, "Say only what went wrong");
  app_->footer(std::string("Examples:\n") + about.examples);
  app_->get_formatter()->column_width(34);
}

CommandLine::~CommandLine() = default;

void CommandLine::parse() {
  app_->parse(argc_, argv_);
  set_up_log(quiet_);
}

int run_program(int argc, char** argv, const About& about, FunctionRef<int(CommandLine&)> body) {
  limit_thread_spinning(argv);
  CommandLine line(argc, argv, about);
  try {
    const int code = body(line);
    if (!stdout_arrived()) throw Failure("the output could not be written to stdout");
    return code;
  } catch (const CLI::Success& help_or_version) {
    line.app().exit(help_or_version);
    return stdout_arrived() ? kDone : kBroken;
  } catch (const CLI::ParseError& error) {
    say(about, explain(line.app(), error));
    return kUsersMistake;
  } catch (const ConfigError& error) {
    say(about, fault_table(error, stderr_terminal()));
    return kUsersMistake;
  } catch (const Error& error) {
    say(about, error.what());
    return kUsersMistake;
  } catch (const Failure& error) {
    say(about, error.what());
  } catch (const std::system_error& error) {
    say(about, error.what());  // files and the like
  } catch (const std::bad_alloc&) {
    say(about, "out of memory: a smaller batch or model needs less");
  } catch (const std::exception& error) {
    say(about, std::string("a defect in Norma ") + version() + ": " + error.what());
  }
  return kBroken;
}

RegisterProgram::RegisterProgram(const About& about, int (*body)(CommandLine&)) {
  programs().push_back({about, body});
}

int run_named_program(int argc, char** argv) {
  constexpr std::string_view kInstalled = "norma-";
  std::string name = std::filesystem::path(argc > 0 ? argv[0] : "").filename().string();
  if (name.rfind(kInstalled, 0) == 0) name.erase(0, kInstalled.size());
  std::string known;
  for (const auto& [about, body] : programs()) {
    if (about.name == name) return run_program(argc, argv, about, body);
    known += std::string(known.empty() ? "" : ", ") + about.name;
  }
  std::cerr << "there is no program called '" << name << "'; there are " << known << "\n";
  return kUsersMistake;
}

}  // namespace norma
