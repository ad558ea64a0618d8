// The page of training runs in a browser.
#include <nlohmann/json.hpp>

#include "apps/pages/run_page.h"
#include "tests/catch.h"
#include "tests/pages/browser.h"

namespace norma {
namespace {

Json made_run(const std::string& name, double scale) {
  Json metrics = Json::array();
  for (int step = 1; step <= 40; ++step) {
    metrics.push_back({{"step", step},
                       {"train/loss", scale * (1 + 4.0 / step)},
                       {"lr", 0.1},
                       {"grad_norm", step == 9 ? Json("NaN") : Json(1.5)}});
    if (step % 10 == 0)
      metrics.push_back({{"step", step}, {"val/loss", scale * (1.1 + 4.0 / step)}});
  }
  metrics.push_back({{"step", 40}, {"test/loss", scale}});
  return {{"name", name},
          {"config", {{"optim", {{"lr", 0.1}}}}},
          {"data_card", nullptr},
          {"metrics", metrics}};
}

}  // namespace

TEST_CASE("in a browser every chart of training runs draws", "[apps]") {
  const Json data{{"norma", "sample"}, {"runs", {made_run("one", 1), made_run("two", 2)}}};
  const LoadedPage page = load_in_browser(run_page(data));
  INFO((page.messages.empty() ? "" : page.messages[0]));
  CHECK(page.messages.empty());
  CHECK(occurrences_of(page.html, "<figure data-chart") == 3);  // loss, lr, grad_norm
  const auto drawn = [&](const std::string& name) {
    const std::string chart = element(page.html, "data-of=\"" + name + "\"", "</figure>");
    return occurrences_of(chart, "class=\"line");
  };
  CHECK(drawn("loss") == 4);
  CHECK(drawn("lr") == 2);
  CHECK(drawn("grad_norm") == 2);
  // Training and validation of one run, so many points of the latter.
  CHECK(occurrences_of(element(page.html, "data-of=\"loss\"", "</figure>"), "class=\"mark") == 8);
}

}  // namespace norma
