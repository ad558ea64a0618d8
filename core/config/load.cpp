#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/config/json.h"
#include "core/error.h"

namespace norma {

Json load_json(const std::filesystem::path& file) {
  const std::string name = file.string();
  if (std::error_code ignored; std::filesystem::is_directory(file, ignored))
    throw Error(name + ": this is a folder, expected a JSON file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(name + ": cannot be read: " + std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) throw Failure(name + ": reading broke off: " + std::strerror(errno));
  return parse_json(text.str(), name);
}

}  // namespace norma
