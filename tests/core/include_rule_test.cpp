// Who may include whom. The folders form layers, and a file that reaches upwards or sideways would
// tie two of them into a knot; here the rule is read off the #include lines of every source.

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace fs = std::filesystem;

namespace {

// core <- layers <- models <- apps, core <- optim <- apps, core <- data <- apps.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"core", {"core"}},           {"layers", {"core", "layers"}},
    {"optim", {"core", "optim"}}, {"models", {"core", "layers", "models"}},
    {"data", {"core", "data"}},   {"apps", {"core", "layers", "optim", "models", "data", "apps"}},
};

// The folders of apps/ that several commands share, and which others of them each may know.
const std::map<std::string, std::set<std::string>> kMayKnow = {
    {"apps/common/", {}},
    {"apps/statistics/", {}},
    {"apps/pages/", {"apps/common/"}},
    {"apps/classroom/", {"apps/common/", "apps/pages/"}},
    {"apps/trainer/", {"apps/common/"}},
    {"apps/evaluations/", {"apps/common/", "apps/trainer/"}},
    {"apps/landscape/", {"apps/common/", "apps/trainer/"}},
    {"apps/gauges/", {"apps/common/", "apps/trainer/", "apps/landscape/", "apps/statistics/"}},
    {"apps/study/",
     {"apps/common/", "apps/statistics/", "apps/trainer/", "apps/gauges/", "apps/evaluations/"}},
};

// Kernels see raw pointers and sizes: nothing of the core but these and each other.
const std::set<std::string> kForKernels = {"core/parallel.h", "core/dtype.h", "core/rng.h",
                                           "core/pool.h", "core/error.h"};

// What several commands need (cmake/commands.cmake).
const std::set<std::string> kShared = {"apps/common/",     "apps/trainer/",     "apps/gauges/",
                                       "apps/statistics/", "apps/evaluations/", "apps/study/",
                                       "apps/pages/",      "apps/landscape/",   "apps/classroom/"};

bool starts_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

bool is_header(const std::string& file) { return fs::path(file).extension() == ".h"; }

struct Include {
  std::string file;  // what is included
  bool quoted;       // "file" rather than <file>
};

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex pattern(R"(^\s*#\s*include\s*(["<])([^">]+)[">])");
  std::vector<Include> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, pattern)) found.push_back({match[2], match[1] == "\""});
  }
  return found;
}

// What is wrong with `file` (its path from the root) including that; empty where nothing is.
std::string fault(const std::string& file, const Include& include) {
  const std::string& target = include.file;
  // core/onednn.h is the face of the adapter, core/onednn.cpp and core/onednn/ are its inside.
  const bool inside_adapter = file == "core/onednn.cpp" || starts_with(file, "core/onednn/");
  if (!inside_adapter && !include.quoted && target.find("dnnl") != std::string::npos) {
    return "only the inside of core/onednn may see oneDNN";
  }
  if (!inside_adapter && starts_with(target, "core/onednn/")) {
    return "the inside of the oneDNN adapter; include core/onednn.h";
  }
  // Programs, and what they share, have it parsed once for all their files.
  if (target == "nlohmann/json.hpp" && is_header(file) && !starts_with(file, "apps/")) {
    return "a header takes nlohmann/json_fwd.hpp: the whole of it costs a second per file";
  }
  if (!include.quoted) return "";

  const std::string folder = file.substr(0, file.find('/'));
  const std::string target_folder = target.substr(0, target.find('/'));
  if (!kMayInclude.count(target_folder)) return "includes are written from the root";
  if (!kMayInclude.at(folder).count(target_folder)) {
    return folder + " may not know " + target_folder;
  }
  if (starts_with(file, "core/kernels/") && !starts_with(target, "core/kernels/") &&
      !kForKernels.count(target)) {
    return "kernels know raw pointers, sizes, and of core parallel.h, dtype.h, rng.h, pool.h and "
           "error.h only";
  }
  // A command's parts are its own; what several commands need goes to one of the shared folders.
  if (folder == "apps" && target_folder == "apps") {
    const std::string own = file.substr(0, file.find('/', 5) + 1);
    const std::string from = target.substr(0, target.find('/', 5) + 1);
    if (from == own) return "";
    if (!kShared.count(from)) return "that belongs to another command";
    if (own == "apps/common/") return "apps/common may not know the other shared folders";
    if (own == "apps/trainer/" && from != "apps/common/") {
      return "apps/trainer knows of the shared folders apps/common alone";
    }
  }
  return "";
}

// Every .h and .cpp below the layered folders, by its path from the root.
std::vector<std::string> sources() {
  std::vector<std::string> found;
  for (const auto& [folder, allowed] : kMayInclude) {
    const fs::path root = norma::source_dir() / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") {
        found.push_back(fs::relative(entry.path(), norma::source_dir()).generic_string());
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("every file includes only what its folder may know", "[core][include_rule]") {
  const std::vector<std::string> files = sources();
  REQUIRE(files.size() >= 3);
  std::string faults;
  for (const std::string& file : files) {
    for (const Include& include : includes_of(norma::read_bytes(norma::source_dir() / file))) {
      const std::string what = fault(file, include);
      if (!what.empty()) faults += file + " includes " + include.file + ": " + what + "\n";
    }
  }
  INFO(faults);
  CHECK(faults.empty());
}

TEST_CASE("every included file of ours exists", "[core][include_rule]") {
  std::string missing;
  for (const std::string& file : sources()) {
    for (const Include& include : includes_of(norma::read_bytes(norma::source_dir() / file))) {
      if (!include.quoted || include.file == "core/version.h") continue;  // that one is generated
      if (!fs::exists(norma::source_dir() / include.file)) {
        missing += file + " includes " + include.file + "\n";
      }
    }
  }
  INFO(missing);
  CHECK(missing.empty());
}

TEST_CASE("the include rule tells right from wrong", "[core][include_rule]") {
  const auto allowed = [](const std::string& file, const std::string& target) {
    return fault(file, {target, true}).empty();
  };
  CHECK(allowed("core/tensor.cpp", "core/pool.h"));
  CHECK(allowed("layers/norms/rms_norm.cpp", "layers/norms/norm.h"));
  CHECK(allowed("models/gpt.cpp", "layers/attention.h"));
  CHECK(allowed("apps/train/main.cpp", "apps/trainer/trainer.h"));
  CHECK(allowed("apps/trainer/trainer.cpp", "apps/common/terminal.h"));
  CHECK(allowed("core/kernels/softmax.cpp", "core/parallel.h"));

  CHECK_FALSE(allowed("core/tensor.cpp", "layers/op.h"));
  CHECK_FALSE(allowed("layers/linear.cpp", "models/gpt.h"));
  CHECK_FALSE(allowed("layers/linear.cpp", "optim/adamw.h"));
  CHECK_FALSE(allowed("optim/adamw.cpp", "layers/op.h"));
  CHECK_FALSE(allowed("models/gpt.cpp", "data/text.h"));
  CHECK_FALSE(allowed("data/text.cpp", "models/gpt.h"));
  CHECK_FALSE(allowed("core/kernels/softmax.cpp", "core/tensor.h"));
  CHECK_FALSE(allowed("core/tensor.cpp", "pool.h"));
  CHECK_FALSE(allowed("core/tensor.cpp", "tests/catch.h"));
  CHECK_FALSE(allowed("apps/sample/main.cpp", "apps/train/options.h"));
  CHECK_FALSE(allowed("apps/common/terminal.cpp", "apps/trainer/trainer.h"));
  CHECK(allowed("apps/gauges/theory.h", "apps/statistics/interval.h"));
  CHECK_FALSE(allowed("apps/common/html.h", "apps/pages/page.h"));
  CHECK_FALSE(allowed("apps/trainer/training.cpp", "apps/gauges/gauge.h"));

  CHECK(fault("core/onednn.cpp", {"dnnl.hpp", false}).empty());
  CHECK(fault("core/onednn/engine.h", {"oneapi/dnnl/dnnl.hpp", false}).empty());
  CHECK(allowed("core/onednn/gemm.cpp", "core/onednn/engine.h"));
  CHECK(allowed("layers/linear.cpp", "core/onednn.h"));
  CHECK_FALSE(allowed("layers/linear.cpp", "core/onednn/engine.h"));
  CHECK_FALSE(fault("core/onednn.h", {"dnnl.hpp", false}).empty());
  CHECK_FALSE(fault("layers/linear.cpp", {"oneapi/dnnl/dnnl.hpp", false}).empty());
  CHECK(fault("core/config/reader.cpp", {"nlohmann/json.hpp", false}).empty());
  CHECK(fault("core/config/reader.h", {"nlohmann/json_fwd.hpp", false}).empty());
  CHECK_FALSE(fault("core/config/reader.h", {"nlohmann/json.hpp", false}).empty());
  CHECK(fault("apps/study/axis.h", {"nlohmann/json.hpp", false}).empty());
}

TEST_CASE("include lines are recognized however they are written", "[core][include_rule]") {
  const auto found = includes_of("#include \"a/b.h\"\n  #  include <c>\n// #include \"d.h\"\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].file == "a/b.h");
  CHECK(found[0].quoted);
  CHECK(found[1].file == "c");
  CHECK_FALSE(found[1].quoted);
}
