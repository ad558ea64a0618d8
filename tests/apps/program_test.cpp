#include "apps/common/program.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>

#include "apps/common/error_report.h"
#include "apps/common/signals.h"
#include "apps/common/spin_count.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

// Sends a file descriptor of the process into a file while it lives.
class Captured {
 public:
  explicit Captured(int fd) : fd_(fd), saved_(dup(fd)), file_(std::tmpfile()) {
    std::cout.flush();
    dup2(fileno(file_), fd_);
  }
  ~Captured() {
    restore();
    std::fclose(file_);
  }
  // What was written, from now on no more captured.
  std::string text() {
    restore();
    std::string all;
    std::rewind(file_);
    for (int c; (c = std::fgetc(file_)) != EOF;) all += static_cast<char>(c);
    return all;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    std::cout.flush();
    dup2(saved_, fd_);
    close(saved_);
    saved_ = -1;
  }
  int fd_, saved_;
  std::FILE* file_;
};

struct Outcome {
  int code;
  std::string out, err;
};

// Runs a program of this name in this process.
Outcome run(std::vector<std::string> arguments, FunctionRef<int(CommandLine&)> body) {
  setenv("GOMP_SPINCOUNT", "2000", 0);  // or the test program would start itself anew
  const About about{"sample", "Does little.", "  sample --width 3"};
  arguments.insert(arguments.begin(), "sample");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const auto logger = spdlog::default_logger();
  Captured out(1), err(2);
  const int code = run_program(static_cast<int>(argv.size()) - 1, argv.data(), about, body);
  spdlog::set_default_logger(logger);
  return {code, out.text(), err.text()};
}

// Runs with an option --width and then `work`.
Outcome run_working(const std::vector<std::string>& arguments, FunctionRef<void()> work) {
  return run(arguments, [&](CommandLine& line) {
    int width = 0;
    line.app().add_option("--width", width, "Columns");
    line.parse();
    work();
    std::cout << "width " << width << "\n";
    return 0;
  });
}

// The exit code of a child process that runs `body`; 128 + signal where one ended it.
int exit_code_of_child(FunctionRef<void()> body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(99);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("a program gives its results on stdout and 0", "[apps]") {
  const Outcome done = run_working({"--width", "3"}, [] {});
  CHECK(done.code == 0);
  CHECK(done.out == "width 3\n");
  CHECK(done.err.empty());
  CHECK(run({}, [](CommandLine& line) {
          line.parse();
          return 7;
        }).code == 7);
}

TEST_CASE("--help and --version end well, on stdout", "[apps]") {
  const auto never = [] { FAIL("went on after --help"); };
  const Outcome help = run_working({"--help"}, never);
  CHECK(help.code == 0);
  CHECK_THAT(help.out, ContainsSubstring("Does little.") && ContainsSubstring("--width") &&
                           ContainsSubstring("Columns") && ContainsSubstring("--quiet") &&
                           ContainsSubstring("Examples:\n  sample --width 3"));
  CHECK(help.err.empty());
  const Outcome version = run_working({"--version"}, never);
  CHECK(version.code == 0);
  CHECK_THAT(version.out, StartsWith("norma sample "));
}

TEST_CASE("a wrong command line is explained and gives 2", "[apps]") {
  const auto never = [] { FAIL("went on after a wrong command line"); };
  const Outcome misspelt = run_working({"--widht=3"}, never);
  CHECK(misspelt.code == 2);
  CHECK(misspelt.out.empty());
  CHECK_THAT(misspelt.err, StartsWith("sample: ") && ContainsSubstring("--widht=3") &&
                               ContainsSubstring("did you mean --width?") &&
                               ContainsSubstring("sample --help"));
  const Outcome no_number = run_working({"--width", "wide"}, never);
  CHECK(no_number.code == 2);
  CHECK_THAT(no_number.err, ContainsSubstring("--width") && ContainsSubstring("wide"));
  CHECK(run_working({"--width"}, never).code == 2);
}

TEST_CASE("the user's mistakes give 2, everything else 1", "[apps]") {
  const Outcome mistake = run_working({}, [] { throw Error("[norm] 64 is not 32"); });
  CHECK(mistake.code == 2);
  CHECK(mistake.err == "sample: [norm] 64 is not 32\n");
  CHECK(mistake.out.empty());

  const Outcome failure = run_working({}, [] { throw Failure("disk full"); });
  CHECK(failure.code == 1);
  CHECK(failure.err == "sample: disk full\n");

  const Outcome memory = run_working({}, [] { throw std::bad_alloc(); });
  CHECK(memory.code == 1);
  CHECK_THAT(memory.err, ContainsSubstring("out of memory"));

  const Outcome file = run_working({}, [] { std::filesystem::directory_iterator("/nonexistent"); });
  CHECK(file.code == 1);
  CHECK_THAT(file.err, ContainsSubstring("/nonexistent") && !ContainsSubstring("defect"));

  const Outcome defect = run_working({}, [] { throw std::logic_error("twice"); });
  CHECK(defect.code == 1);
  CHECK_THAT(defect.err, ContainsSubstring("a defect in Norma") && ContainsSubstring("twice"));
}

TEST_CASE("all faults of a config are listed, paths aligned", "[apps]") {
  const ConfigError error("a.json", {{"model.norm.esp", "1e-5", "an option of rms_norm", "eps"},
                                     {"optim.lr", "\"x\"", "a number above 0", ""},
                                     {"", "[]", "an object {…}", ""}});
  const Outcome outcome = run_working({}, [&] { throw ConfigError(error); });
  CHECK(outcome.code == 2);
  CHECK(outcome.err ==
        "sample: a.json has 3 faults:\n"
        "  model.norm.esp  found 1e-5, expected an option of rms_norm; did you mean eps?\n"
        "  optim.lr        found \"x\", expected a number above 0\n"
        "  the whole       found [], expected an object {…}\n");

  const std::string coloured = fault_table(error, Terminal(true, true, 80));
  CHECK_THAT(coloured, ContainsSubstring("\x1b[1mmodel.norm.esp\x1b[0m  found \x1b[31m1e-5"));
  CHECK(fault_table(error, Terminal(true, false, 80)).find('\x1b') == std::string::npos);
}

TEST_CASE("a log has times and levels; --quiet leaves what went wrong", "[apps]") {
  const auto talk = [] {
    spdlog::info("all is {}", "well");
    spdlog::warn("but");
  };
  const Outcome loud = run_working({}, talk);
  // 2025-01-31 23:59:59 info: all is well
  CHECK_THAT(loud.err,
             ContainsSubstring(" info: all is well\n") && ContainsSubstring(" warning: but\n"));
  CHECK(loud.err.substr(0, 2) == "20");
  CHECK(loud.err.find('\x1b') == std::string::npos);
  const Outcome quiet = run_working({"--quiet"}, talk);
  CHECK_THAT(quiet.err, !ContainsSubstring("well") && ContainsSubstring("but"));
}

TEST_CASE("output that does not arrive is a failure", "[apps]") {
  const int code = exit_code_of_child([] {
    const int full = open("/dev/full", O_WRONLY);
    dup2(full, 1);
    dup2(open("/dev/null", O_WRONLY), 2);
    setenv("GOMP_SPINCOUNT", "2000", 0);
    char name[] = "sample";
    char* argv[] = {name, nullptr};
    _exit(run_program(1, argv, {"sample", "", ""}, [](CommandLine& line) {
      line.parse();
      std::cout << "result\n";
      return 0;
    }));
  });
  CHECK(code == 1);
}

TEST_CASE("the first signal asks to stop, the second ends the program", "[apps]") {
  Captured err(2);
  CHECK(exit_code_of_child([] {
          catch_stop_signals("stopping");
          if (stop_requested()) _exit(1);
          raise(SIGINT);
          if (!stop_requested()) _exit(2);
          raise(SIGTERM);
          _exit(3);
        }) == 128 + SIGTERM);
  CHECK(err.text() == "stopping\n");
  Captured quiet(2);
  CHECK(exit_code_of_child([] {
          catch_stop_signals("");
          raise(SIGTERM);
          forget_stop_request();
          _exit(stop_requested() ? 1 : 0);
        }) == 0);
}

// Run only by the test below, in a program that started itself anew.
TEST_CASE("started anew with a short spin count", "[.spin_count]") {
  CHECK(std::string(std::getenv("GOMP_SPINCOUNT")) == "2000");
}

TEST_CASE("a program sets the spin count before the OpenMP library is loaded", "[apps]") {
  const auto start_anew = [] {
    setenv("OMP_DISPLAY_ENV", "verbose", 1);  // the library says on stderr what it read
    char name[] = "norma_tests", test[] = "started anew with a short spin count";
    char* argv[] = {name, test, nullptr};
    dup2(open("/dev/null", O_WRONLY), 1);
    limit_thread_spinning(argv);
  };
  Captured err(2);
  CHECK(exit_code_of_child([&] {
          unsetenv("GOMP_SPINCOUNT");
          unsetenv("OMP_WAIT_POLICY");
          start_anew();
        }) == 0);
  CHECK_THAT(err.text(), ContainsSubstring("GOMP_SPINCOUNT = '2000'"));
  // Whoever chose something else keeps it, and nothing is started.
  for (const char* chosen : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"})
    CHECK(exit_code_of_child([&] {
            unsetenv("GOMP_SPINCOUNT");
            unsetenv("OMP_WAIT_POLICY");
            setenv(chosen, "passive", 1);
            start_anew();
          }) == 99);
}

}  // namespace norma
