#include "apps/classroom/engine.h"

#include <nlohmann/json.hpp>

#include "apps/classroom/derivative_check.h"
#include "core/config/config.h"

namespace norma::classroom {
namespace {

constexpr int64_t kMostElements = 4096;

struct Question {
  std::string of = "dx", text;
  void describe(Fields& f) {
    f.choice("of", of, {"dx", "dy/dx"}, "what was typed: ∂L/∂x, or ∂y/∂x at fixed statistics");
    f.text("text", text, "the expression; empty: none");
  }
};

struct Request {
  Spec spec;
  std::vector<int64_t> shape;
  std::vector<double> input, grad_output;
  Json state = Json::object();
  std::string mode = "train", dtype = "float64";
  int64_t steps_before = 0;
  Question question;

  void describe(Fields& f) {
    f.spec("spec", spec, norm_registry(), "the norm", {.required = true});
    f.integers("shape", shape, "samples, positions, channels", 3, {.min = 1});
    f.numbers("input", input, "x, the channels of a position next to each other");
    f.numbers("grad_output", grad_output, "dy; empty: no backward");
    f.json("state", state, "param.<name> and buffer.<name> by name");
    f.choice("mode", mode, {"train", "eval"}, "statistics of the batch, or running ones");
    f.choice("dtype", dtype, {"float64", "float32"}, "type to compute in");
    f.integer("steps_before", steps_before, "training steps before an eval",
              {.min = 0, .max = 1000});
    f.object(
        "derivative", [&](Fields& inner) { question.describe(inner); }, "to be compared");
  }
};

Tensor tensor_of(const std::vector<double>& values, const Shape& shape, const char* name) {
  if (std::ssize(values) != shape.numel())
    throw Error(std::string(name) + " has " + std::to_string(values.size()) +
                " numbers, the shape " + shape.str() + " asks for " +
                std::to_string(shape.numel()));
  return Tensor::from(values, shape, DType::kFloat64);
}

// A parameter or buffer is a list, as short as it likes: run_layer compares it with the norm's.
Tensor state_tensor(const std::string& name, const Json& value) {
  std::vector<double> numbers;
  if (value.is_array())
    for (const Json& each : value)
      if (each.is_number()) numbers.push_back(each.get<double>());
  if (!value.is_array() || numbers.size() != value.size() || numbers.empty())
    throw Error(name + ": expected a list of numbers");
  return Tensor::from(numbers, {std::ssize(numbers)}, DType::kFloat64);
}

NormRequest request_of(const Request& read) {
  const Shape shape(read.shape);
  if (shape.numel() > kMostElements)
    throw Error("the shape " + shape.str() + " has more than " + std::to_string(kMostElements) +
                " elements");
  NormRequest request;
  request.spec = read.spec;
  request.dtype = read.dtype == "float64" ? DType::kFloat64 : DType::kFloat32;
  request.training = read.mode == "train";
  request.steps_before = read.steps_before;
  request.in["input"] = tensor_of(read.input, shape, "input");
  if (!read.grad_output.empty())
    request.in["grad_output"] = tensor_of(read.grad_output, shape, "grad_output");
  if (!read.state.is_object()) throw Error("state: expected an object");
  for (const auto& [name, value] : read.state.items()) request.in[name] = state_tensor(name, value);
  return request;
}

Json tensors_json(const NamedTensors& tensors) {
  Json made = Json::object();
  for (const auto& [name, tensor] : tensors)
    made[name] = {{"shape", tensor.shape().vec()}, {"values", tensor.to_vector()}};
  return made;
}

Json domains_json(const NormRun& run) {
  const Domains& domains = run.domains;
  Json made{{"kind", name_of(run.definition.domain.kind)},
            {"mixed", run.definition.traits.mixes_domains},
            {"of", domains.of},
            {"n", domains.n},
            {"mean", domains.mean},
            {"variance", domains.variance},
            {"mean_square", domains.mean_square}};
  if (!run.out.contains("grad_input")) return made;
  const std::vector<double> dx = run.out.at("grad_input").to_vector();
  std::vector<double> u_dx(dx);
  for (size_t i = 0; i < dx.size(); ++i)
    u_dx[i] *= run.x[i] - (run.definition.centred ? domains.mean[domains.of[i]] : 0);
  made["one_dx"] = domains.sums(dx);
  made["u_dx"] = domains.sums(u_dx);
  return made;
}

Json derivative_json(const Question& question, const NormRequest& request, const NormRun& run) {
  const bool whole = question.of == "dx";
  if (!request.in.contains("grad_output")) return Json();
  const Elements right = whole ? run.out.at("grad_input").to_vector() : slopes(request);
  if (right.empty())
    return Json{{"refused", "this norm is made of others: it has no single map to differentiate"}};
  const Vocabulary words = vocabulary_of(request, run);
  Json made = Json::object(), names = Json::array();
  for (const auto& [name, values] : words.names) names.push_back(name);
  made["names"] = std::move(names);
  made["right"] = right;
  if (question.text.find_first_not_of(" \t\n") == std::string::npos) return made;
  try {
    const Comparison found = compared(evaluated(question.text, words), right, run, whole);
    made.update(Json{{"typed", found.typed},
                     {"equal", found.equal},
                     {"worst", found.worst},
                     {"error", found.error},
                     {"hint", found.hint}});
  } catch (const TextError& error) {
    made["fault"] = {{"at", error.at()}, {"text", error.what()}};
  }
  return made;
}

Json answer(std::string_view text) {
  Request read;
  read_config(parse_json(text, "the request"), "the request",
              [&](Fields& fields) { read.describe(fields); });
  const NormRequest request = request_of(read);
  const NormRun run = run_watched(request);
  return Json{{"tensors", tensors_json(run.out)},
              {"state", tensors_json(run.state)},
              {"domains", domains_json(run)},
              {"centred", run.definition.centred},
              {"read", {{"centre", run.read.centre}, {"stats", run.read.stats}}},
              {"terms",
               {{"direct", run.terms.direct},
                {"along_one", run.terms.along_one},
                {"along_u", run.terms.along_u}}},
              {"derivative", derivative_json(read.question, request, run)}};
}

}  // namespace

std::string list_norms() {
  Json norms = Json::array();
  for (const Entry* entry : norm_registry().entries()) {
    Json norm{{"type", entry->type}, {"summary", entry->summary}, {"source", entry->source}};
    if (const Spec spec = with_defaults(*entry)) {
      const NormDefinition made = norm_registry().at(entry->type).define(spec);
      norm["domain"] = name_of(made.domain.kind);
      norm["approximate"] = made.traits.approximate_backward;
    }
    norms.push_back(std::move(norm));
  }
  Spec any;
  const Json schema = json_schema("a norm", [&](Fields& fields) {
    fields.spec("norm", any, norm_registry(), "a norm", {.required = true});
  });
  return json_line(Json{{"norms", norms}, {"schema", schema["$defs"]}});
}

std::string run_norm(std::string_view request) {
  try {
    return json_line(answer(request));
  } catch (const ConfigError& error) {
    Json faults = Json::array();
    for (const Fault& fault : error.faults())
      faults.push_back(
          {{"path", fault.path}, {"expected", fault.expected}, {"nearest", fault.nearest}});
    return json_line(Json{{"error", error.what()}, {"faults", std::move(faults)}});
  } catch (const std::exception& error) {
    return json_line(Json{{"error", error.what()}});
  }
}

}  // namespace norma::classroom
