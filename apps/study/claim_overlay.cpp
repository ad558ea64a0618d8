#include "apps/study/claim_overlay.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/gauges/gauge.h"
#include "apps/statistics/descriptive.h"

namespace norma {

Overlay theory_overlay(const std::string& theory, const std::string& place,
                       const Prediction& prediction, const std::vector<double>& mean,
                       const std::vector<Interval>& intervals) {
  const TheoryType& type = theory_registry().at(theory);
  Overlay overlay;
  overlay.title = theory + place;
  overlay.statement = type.statement;
  overlay.x_name = gauge_registry().at(type.gauge).one_each;
  overlay.y_name = type.gauge;
  overlay.why_not = prediction.why_not;
  if (!prediction.applies()) return overlay;
  for (size_t i = 0; i < mean.size(); ++i) overlay.x.push_back(static_cast<double>(i + 1));
  overlay.mean = mean;
  overlay.intervals = intervals;
  overlay.low = prediction.low;
  overlay.high = prediction.high;
  overlay.deviation = deviation(prediction, mean);
  overlay.score =
      formatted("%.2g", 100 * *overlay.deviation) + " % beyond the prediction where it is worst";
  return overlay;
}

Overlay slope_overlay(const std::string& title, bool log, double measured, double predicted,
                      const std::vector<double>& x, const std::vector<double>& mean,
                      const std::vector<Interval>& intervals) {
  const auto plain = [&](double value) { return log ? std::exp(value) : value; };
  Overlay overlay;
  overlay.title = title;
  overlay.statement = (log ? "a power of " : "a slope of ") + format_number(predicted);
  overlay.log = log;
  const double mid_x = mean_of(x), mid_y = mean_of(mean);
  for (size_t i = 0; i < x.size(); ++i) {
    overlay.x.push_back(plain(x[i]));
    overlay.mean.push_back(plain(mean[i]));
    if (i < intervals.size())
      overlay.intervals.push_back({plain(intervals[i].low), plain(intervals[i].high)});
    overlay.low.push_back(plain(mid_y + predicted * (x[i] - mid_x)));
  }
  overlay.high = overlay.low;
  overlay.deviation = measured - predicted;
  overlay.score = "measured " + formatted("%.3g", measured) + ", predicted " +
                  format_number(predicted) + ": " + formatted("%+.2g", *overlay.deviation);
  return overlay;
}

Json overlay_json(const Overlay& overlay) {
  Json low = Json::array(), high = Json::array();
  for (const Interval& each : overlay.intervals) {
    low.push_back(each.low);
    high.push_back(each.high);
  }
  return {{"title", overlay.title},
          {"statement", overlay.statement},
          {"x_name", overlay.x_name},
          {"y_name", overlay.y_name},
          {"log", overlay.log},
          {"x", overlay.x},
          {"y", overlay.mean},
          {"low", std::move(low)},
          {"high", std::move(high)},
          {"predicted_low", overlay.low},
          {"predicted_high", overlay.high},
          {"deviation", overlay.deviation ? Json(*overlay.deviation) : Json()},
          {"score", overlay.score},
          {"why_not", overlay.why_not}};
}

}  // namespace norma
