#include "apps/evaluations/corpus.h"

#include "data/data_registry.h"

namespace norma {
namespace {

void check_extent(const char* what, int64_t found, int64_t expected) {
  if (found != expected)
    throw Error(std::string("[evaluate] corpus: its ") + what + " is " + std::to_string(found) +
                ", that of the training's data " + std::to_string(expected));
}

void check_at_most(const char* what, int64_t found, int64_t most) {
  if (found > most)
    throw Error(std::string("[evaluate] corpus: it has ") + std::to_string(found) + " " + what +
                ", the training's data " + std::to_string(most));
}

}  // namespace

std::unique_ptr<Dataset> load_corpus(const Training& training, const Spec& corpus) {
  std::unique_ptr<Dataset> loaded = load_dataset(
      corpus, {.context = integer_option(training.config().model, "context").value_or(0),
               .tokenizer = training.data().tokenizer()});
  const DataInfo &found = loaded->info(), &expected = training.data().info();
  if (found.kind != expected.kind)
    throw Error("[evaluate] corpus: data of type " + corpus.type +
                " is of another kind (tokens, images or features) than the training's");
  check_extent("context", found.context, expected.context);
  check_extent("length of an answer", found.answer, expected.answer);
  check_extent("height", found.height, expected.height);
  check_extent("width", found.width, expected.width);
  check_extent("number of channels", found.channels, expected.channels);
  check_extent("number of features", found.features, expected.features);
  check_at_most("tokens", found.vocab, expected.vocab);
  check_at_most("classes", found.classes, expected.classes);
  return loaded;
}

}  // namespace norma
