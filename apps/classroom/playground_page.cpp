#include "apps/classroom/playground_page.h"

#include <array>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/page.h"
#include "core/version.h"

namespace norma::classroom {

std::string playground_page(std::string_view more_script) {
  const std::array<std::pair<std::string_view, std::string>, 1> values{
      {{"version", html_escaped(version())}}};
  const std::string script = embedded::kPlaygroundScript + std::string(more_script);
  const Json data{{"engine", embedded::kEngine}};
  return pages::html_page({.title = "playground",
                           .body = filled_page(embedded::kPlaygroundBody, values),
                           .data = data,
                           .script = script.c_str(),
                           .style = embedded::kPlaygroundStyle,
                           .charts = false,
                           .webassembly = true});
}

}  // namespace norma::classroom
