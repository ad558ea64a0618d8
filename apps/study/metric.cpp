#include "apps/study/metric.h"

namespace norma {

std::optional<Metric> Metric::named(const std::string& text) {
  if (text == "val/loss") return Metric{Kind::kLoss, ""};
  if (text == "val/error") return Metric{Kind::kError, ""};
  if (text.starts_with("init/") && text.size() > 5) return Metric{Kind::kGauge, text.substr(5)};
  return std::nullopt;
}

std::string Metric::name(Split split) const {
  if (kind == Kind::kGauge) return "init/" + gauge;
  const std::string where = split == Split::kTest         ? "test"
                            : split == Split::kValidation ? "val"
                                                          : "train";
  return where + (kind == Kind::kLoss ? "/loss" : "/error");
}

std::string Metric::unit(const DataInfo& data) const {
  switch (kind) {
    case Kind::kLoss:
      return data.kind == InputKind::kTokens ? "nats a token" : "nats a sample";
    case Kind::kError:
      return "share of wrong answers";
    case Kind::kGauge:
      break;
  }
  return "";
}

double Metric::of(const EvalReport& report) const {
  return kind == Kind::kError ? 1 - report.accuracy : report.loss;
}

}  // namespace norma
