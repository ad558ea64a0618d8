#include <cmath>

#include "tests/apps/classroom_runs.h"
#include "tests/catch.h"

namespace norma::classroom {
namespace {

Comparison answer_to(const std::string& typed, const Json& spec, bool whole = true,
                     bool training = true) {
  const NormRequest request = random_request(spec, {4, 2, 4}, training);
  const NormRun run = run_watched(request);
  const Elements right = whole ? run.out.at("grad_input").to_vector() : slopes(request);
  return compared(evaluated(typed, vocabulary_of(request, run)), right, run, whole);
}

bool hints_at(const Comparison& answer, const std::string& word) {
  INFO(answer.hint);
  CHECK_FALSE(answer.equal);
  return answer.hint.find(word) != std::string::npos;
}

const std::string kStandardized = "(w*dy - mean(w*dy) - xhat*mean(w*dy*xhat)) * r";

}  // namespace

TEST_CASE("derivatives as they are derived by hand are found right", "[apps]") {
  CHECK(answer_to(kStandardized, "layer_norm").equal);
  CHECK(answer_to("(w*dy - xhat*mean(w*dy*xhat)) * r", "rms_norm").equal);
  // The gain of a channel may leave its mean.
  CHECK(answer_to(kStandardized, "batch_norm").equal);
  CHECK(answer_to(kStandardized, Json{{"type", "instance_norm"}, {"affine", true}}).equal);
  CHECK(answer_to(kStandardized, Json{{"type", "group_norm"}, {"groups", 2}}).equal);
  CHECK(answer_to("w*dy*r", "batch_norm", true, false).equal);
  CHECK(answer_to("w*dy*alpha*(1 - tanh(alpha*x)^2)", "dyt").equal);
  CHECK(answer_to("dy", "identity").equal);
}

TEST_CASE("the slope at fixed statistics is that of the dual numbers", "[apps]") {
  CHECK(answer_to("w*r", "layer_norm", false).equal);
  CHECK(answer_to("w / sqrt(v + eps)", "layer_norm", false).equal);
  CHECK(answer_to("alpha*w*(1 - tanh(alpha*x)^2)", "dyt", false).equal);
  CHECK_FALSE(answer_to("w*r*(1 - xhat^2/n)", "layer_norm", false).equal);
}

TEST_CASE("a wrong derivative is told where and how it is wrong", "[apps]") {
  const Json spec("layer_norm");
  CHECK(hints_at(answer_to("w*dy*r", spec), "direct term alone"));
  CHECK(hints_at(answer_to("(w*dy - mean(w*dy)) * r", spec), "along x̂, is missing"));
  CHECK(hints_at(answer_to("(w*dy - xhat*mean(w*dy*xhat)) * r", spec), "along 1, is missing"));
  CHECK(hints_at(answer_to("-" + kStandardized, spec), "sign"));
  CHECK(hints_at(answer_to("2*" + kStandardized, spec), "It is 2 times"));
  CHECK(hints_at(answer_to("(w*dy - sum(w*dy) - xhat*mean(w*dy*xhat)) * r", spec), "along 1, so"));
  CHECK(hints_at(answer_to("(w*dy - mean(w*dy) - xhat*sum(w*dy*xhat)) * r", spec), "lies along x̂"));
  CHECK(hints_at(answer_to("(w*dy - sum(w*dy) - xhat*sum(w*dy*xhat)) * r", spec), "both ways"));
  // Without γ, as it stands in many a derivation.
  const Comparison without_gain = answer_to("(dy - mean(dy) - xhat*mean(dy*xhat)) * r", spec);
  CHECK_FALSE(without_gain.equal);
  CHECK(without_gain.error > 0.01);
  CHECK(without_gain.typed[without_gain.worst] != without_gain.right[without_gain.worst]);
  CHECK(hints_at(answer_to("log(-1 - x^2)", spec), "not a finite number"));
  CHECK(hints_at(answer_to("dy * (1 - max(sign(x), 0))", "identity"), "elements"));
  // ε left out is no rounding.
  CHECK_FALSE(answer_to("w / sqrt(v)", spec, false).equal);
}

}  // namespace norma::classroom
