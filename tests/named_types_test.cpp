// No rule names a norm. What depends on which norm, placement or re-parametrization was chosen asks
// its definition, so that a new one fits everywhere by its own file alone. Here every source is
// read for their names in quotes: they may stand in the type's own file and as the default of an
// option.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "layers/norms/norm.h"
#include "layers/residual/placement.h"
#include "layers/weights/reparam.h"
#include "tests/catch.h"
#include "tests/paths.h"

namespace fs = std::filesystem;

namespace norma {
namespace {

std::set<std::string> type_names() {
  std::set<std::string> names;
  for (const RegistryBase* registry : std::initializer_list<const RegistryBase*>{
           &norm_registry(), &placement_registry(), &reparam_registry()})
    for (const Entry* entry : registry->entries()) names.insert(entry->type);
  // Words with a second meaning: an activation, and an option of several norms.
  for (const char* word : {"identity", "affine"}) names.erase(word);
  return names;
}

std::string without_comment(const std::string& line) { return line.substr(0, line.find("//")); }

// The names of types that a line of `file` mentions although it should not.
std::vector<std::string> named_in(const std::string& line, const fs::path& file,
                                  const std::set<std::string>& types) {
  static const std::regex option_default(
      R"(\bSpec ?[a-z_]*\{"[a-z_0-9]+"\}(, [a-z_]+\{"[a-z_0-9]+"\})*)");
  static const std::regex quoted("\"([a-z_0-9]+)\"");
  const std::string code = std::regex_replace(without_comment(line), option_default, "");
  std::vector<std::string> found;
  for (std::sregex_iterator it(code.begin(), code.end(), quoted), end; it != end; ++it)
    if (const std::string name = (*it)[1]; types.contains(name) && file.stem() != name)
      found.push_back(name);
  return found;
}

}  // namespace

TEST_CASE("no rule outside of a type's own file names it", "[layers]") {
  const std::set<std::string> types = type_names();
  int files = 0;
  for (const char* folder : {"core", "layers", "models", "optim", "data", "apps"})
    for (const auto& entry : fs::recursive_directory_iterator(source_dir() / folder)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
      // A theory is about one type, and holds for no other.
      if (entry.path().parent_path().filename() == "gauges") continue;
      ++files;
      std::ifstream in(entry.path());
      int number = 0;
      for (std::string line; std::getline(in, line);) {
        ++number;
        for (const std::string& name : named_in(line, entry.path(), types))
          FAIL_CHECK(fs::relative(entry.path(), source_dir()).string()
                     << ":" << number << " names " << name);
      }
    }
  CHECK(files > 100);
}

TEST_CASE("the search for names sees a rule and passes over a default", "[layers]") {
  const std::set<std::string> types{"some_norm", "pre"};
  const auto found = [&](const char* line) { return named_in(line, "models/gpt.cpp", types); };
  CHECK(found(R"(if (norm.type == "some_norm") scale = 2;)").size() == 1);
  CHECK(found(R"(  Spec norm{"some_norm"}, placement{"pre"};)").empty());
  CHECK(found(R"(// "some_norm" as an example)").empty());
  CHECK(named_in(R"(registered("some_norm", "…"))", "layers/norms/some_norm.cpp", types).empty());
}

// Norms are formulas: their files stay short.
TEST_CASE("a norm's file is short", "[layers]") {
  std::vector<int> lengths;
  for (const Entry* entry : norm_registry().entries()) {
    const fs::path file = source_dir() / "layers/norms" / (entry->type + ".cpp");
    INFO(file);
    std::ifstream in(file);
    REQUIRE(in);
    int lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    CHECK(lines <= 90);
    lengths.push_back(lines);
  }
  std::nth_element(lengths.begin(), lengths.begin() + static_cast<long>(lengths.size() / 2),
                   lengths.end());
  CHECK(lengths[lengths.size() / 2] <= 40);
}

}  // namespace norma
