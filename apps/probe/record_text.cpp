// One record as tables.
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/pages/probe_page.h"
#include "apps/pages/report_values.h"
#include "apps/probe/cells.h"
#include "apps/probe/tables.h"
#include "apps/probe/text_table.h"

namespace norma {
namespace {

// Most modules have no dead channel; the others are to be seen.
std::string dead_cell(const Json& forward) {
  const Json& share = pages::member(forward, "dead");
  return share.is_number() && share > 0 ? percent_cell(forward, "dead") : "";
}

std::string modules_text(const Json& record) {
  TextTable table(
      {"module", "shape", "mean", "rms", "kurtosis", "largest", "dead", "grad rms", "grad norm"});
  for (const Json& module : record["modules"]) {
    const Json &out = module["forward"], &grad = module["backward"];
    std::string shape;
    for (const Json& extent : module["shape"])
      shape += (shape.empty() ? "" : "×") + std::to_string(extent.get<int64_t>());
    table.add({pages::module_label(module), shape, cell(out, "mean"), cell(out, "rms"),
               cell(out, "kurtosis"), cell(out, "largest"), dead_cell(out), cell(grad, "rms"),
               cell(grad, "norm")});
  }
  return table.text();
}

std::string joins_text(const Json& joins) {
  TextTable table({"join", "stream variance", "branch variance", "branch/stream", "gate"});
  for (const Json& join : joins) {
    const Json& share = pages::member(join, "branch_share");
    table.add({join["path"], cell(share, "stream"), cell(share, "branch"), cell(share, "ratio"),
               cell(join, "gate")});
  }
  return table.text();
}

std::string attention_text(const Json& attentions) {
  TextTable table({"attention", "entropy", "largest logit"});
  for (const Json& attention : attentions)
    table.add({attention["path"], cell(pages::member(attention, "attention_entropy"), "mean"),
               cell(pages::member(attention, "largest_logit"), "largest")});
  return table.text();
}

std::string norms_text(const Json& norms) {
  TextTable table({"norm", "saturated", "batch mean off by", "ln variance ratio"});
  for (const Json& norm : norms) {
    const Json& gap = pages::member(norm, "statistics_gap");
    table.add(
        {norm["path"], percent_cell(norm, "saturated"), cell(gap, "mean"), cell(gap, "log_ratio")});
  }
  return table.text();
}

// The gradient's length behind each stage, and what of its square lies along 1 and x̂.
std::string norm_gradients_text(const Json& norms) {
  TextTable table({"gradient at norm", "dy", "× γ", "gain", "× gain", "dx", "along 1", "along x̂",
                   "random", "ε-leak", "what"});
  bool any = false;
  for (const Json& norm : norms) {
    const Json& parts = pages::member(norm, "norm_gradient");
    if (!parts.is_object()) continue;
    any = true;
    table.add({norm["path"], cell(parts, "incoming"), cell(parts, "through_gamma"),
               cell(parts, "gain_median"), cell(parts, "direct"), cell(parts, "outgoing"),
               percent_cell(parts, "share_one"), percent_cell(parts, "share_u"),
               percent_cell(parts, "baseline"), cell(parts, "left_u"),
               pages::text_at(parts, "kind") +
                   (pages::flag_at(parts, "of_weight") ? ", in weight space" : "")});
  }
  return any ? table.text() : "";
}

// A line a gauge: a number each block or norm.
std::string model_text(const Json& model) {
  std::string text;
  for (const auto& [gauge, values] : model.items()) {
    if (!values.is_array()) continue;
    std::string numbers;
    for (const Json& value : values)
      if (value.is_number()) numbers += "  " + formatted("%.3g", value.get<double>());
    text += padded(gauge, 20) + numbers + "\n";
  }
  return text.empty() ? ""
                      : stdout_terminal().styled("by block or norm", Style::kBold) + "\n" + text;
}

std::string parameters_text(const Json& parameters) {
  TextTable table(
      {"parameter", "norm", "grad norm", "grad/weight", "step/weight", "radial", "angle"});
  for (const Json& parameter : parameters) {
    const Json& radial = pages::member(parameter, "radial");
    const bool free = radial.is_object() && radial.value("scale_free", false);
    table.add({parameter["name"], cell(parameter, "param_norm"), cell(parameter, "grad_norm"),
               cell(parameter, "grad_to_weight"), cell(parameter, "update_to_weight"),
               cell(radial, "share") + (free ? " free" : ""),
               cell(pages::member(parameter, "rotation"), "angle")});
  }
  return table.text();
}

}  // namespace

std::string record_text(const std::string& name, const Json& record) {
  std::string text = stdout_terminal().styled(name, Style::kBold) + " after " +
                     grouped(record["step"].get<int64_t>()) + " steps\n" + nonfinite_text(record) +
                     "\n" + modules_text(record);
  const auto section = [&](const char* part, std::string (*show)(const Json&)) {
    const Json& lines = pages::member(record, part);
    const std::string shown = lines.empty() ? "" : show(lines);
    if (!shown.empty()) text += "\n" + shown;
  };
  section("model", model_text);
  section("joins", joins_text);
  section("attention", attention_text);
  section("norms", norms_text);
  section("norms", norm_gradients_text);
  section("parameters", parameters_text);
  section("landscape", landscape_text);
  return text;
}

}  // namespace norma
