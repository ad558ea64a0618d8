#include "apps/classroom/playground_page.h"

#include <array>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/page.h"
#include "core/version.h"

namespace norma::classroom {

std::string playground_body() {
  const std::array<std::pair<std::string_view, std::string>, 1> values{
      {{"version", html_escaped(version())}}};
  return filled_page(embedded::kPlaygroundBody, values);
}

Json playground_data() { return {{"engine", embedded::kEngine}}; }

std::string playground_page(std::string_view more_script) {
  const Json data = playground_data();
  return pages::html_page(
      {.title = "playground",
       .body = "<h1>What does a norm compute, and what does it do to the gradient?</h1>\n" +
               playground_body(),
       .data = data,
       .script = embedded::kPlaygroundScript + std::string(more_script),
       .style = embedded::kPlaygroundStyle,
       .charts = false,
       .webassembly = true});
}

}  // namespace norma::classroom
