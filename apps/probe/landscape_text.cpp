// The loss around the weights as tables.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/pages/report_values.h"
#include "apps/probe/cells.h"
#include "apps/probe/tables.h"
#include "apps/probe/text_table.h"

namespace norma {
namespace {

std::string number_text(std::optional<double> number) {
  return number ? formatted("%.4g", *number) : "not finite";
}

// Step by step, beside what the gradient at the start says of the loss.
std::string walk_text(const Json& walk, double loss) {
  TextTable table({"along −g, η", "loss", "first order", "gradient apart", "smoothness"});
  const auto slope = pages::number_at(walk, "gradient_norm");
  const Json& eta = pages::members(walk, "eta");
  for (size_t i = 0; i < eta.size(); ++i) {
    const auto of = [&](const char* key) {
      return number_text(pages::as_number(pages::members(walk, key)[i]));
    };
    table.add({number_text(pages::as_number(eta[i])), of("loss"),
               slope ? number_text(loss - eta[i].get<double>() * *slope * *slope) : "", of("apart"),
               of("smoothness")});
  }
  return table.text() + "gradient predictiveness " +
         number_text(pages::number_at(walk, "predictiveness")) + ", effective β-smoothness " +
         number_text(pages::number_at(walk, "effective_beta")) + "\n";
}

std::string curvature_text(const Json& curvature) {
  std::string text = "largest eigenvalues of the Hessian";
  for (const Json& value : pages::members(curvature, "eigenvalues"))
    text += "  " + number_text(pages::as_number(value));
  text += ", residuals";
  for (const Json& value : pages::members(curvature, "residuals"))
    text += "  " + number_text(pages::as_number(value));
  if (!pages::flag_at(curvature, "converged")) text += ", not converged";
  return text + ", " + pages::text_at(curvature, "gradients") + " gradients\n";
}

// The extremes of a list of losses, or of a list of such lists.
std::string slice_text(const char* name, const Json& slice) {
  std::vector<double> losses;
  for (const Json& row : pages::members(slice, "loss"))
    for (const Json& loss : row.is_array() ? row : Json::array({row}))
      if (const auto number = pages::as_number(loss)) losses.push_back(*number);
  if (losses.empty()) return "";
  const auto [least, most] = std::ranges::minmax(losses);
  return std::string("loss on the ") + name + ": " + number_text(least) + " to " +
         number_text(most) + ", " + std::to_string(losses.size()) + " points\n";
}

}  // namespace

std::string landscape_text(const Json& landscape) {
  const std::string mode = pages::text_at(landscape, "mode");
  std::string text =
      stdout_terminal().styled("landscape of the loss", Style::kBold) + ", " + mode + " mode";
  if (const std::string why = pages::text_at(landscape, "refused"); !why.empty())
    return text + ": " + why + "\n";
  const auto loss = pages::number_at(landscape, "loss");
  text += ", over " + cell(landscape, "targets") + " targets: loss " + number_text(loss) + "\n";
  if (const Json& walk = pages::member(landscape, "walk"); walk.is_object() && loss)
    text += walk_text(walk, *loss);
  if (const Json& curvature = pages::member(landscape, "curvature"); curvature.is_object())
    text += curvature_text(curvature);
  return text + slice_text("line", pages::member(landscape, "line")) +
         slice_text("plane", pages::member(landscape, "plane"));
}

}  // namespace norma
