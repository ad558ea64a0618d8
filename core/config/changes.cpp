#include "core/config/changes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace norma {

std::string changed_options(const Json& before, const Json& now) {
  std::string all;
  const Json changes = Json::diff(before, now);
  for (const Json& change : changes) {
    std::string path = change.at("path").get<std::string>().substr(1);
    std::replace(path.begin(), path.end(), '/', '.');
    all += (all.empty() ? "" : ", ") + path;
  }
  return all;
}

}  // namespace norma
