// Masked-language modelling: some tokens of a window are hidden, and the model names them.
// Devlin et al. 2018 (BERT), arXiv:1810.04805, sections 3.1 and A.1, A.2; new masks whenever a
// window is read again, as in Liu et al. 2019 (RoBERTa), arXiv:1907.11692.
#include <algorithm>

#include "data/data_card.h"
#include "data/data_registry.h"

namespace norma {
namespace {

struct MaskedTokensOptions {
  Spec text{"text"};
  double fraction = 0.15, mask_share = 0.8, random_share = 0.1, short_fraction = 0.1;
  int64_t seed = 0;
  void describe(Fields& f) {
    f.spec("text", text, data_registry(), "windows of tokens, e.g. of type text or tokens",
           {.required = true});
    f.number("fraction", fraction, "share of the tokens that are asked for",
             {.max = 1, .above = 0});
    f.number("mask_share", mask_share, "of those, the share replaced by the mask token",
             {.min = 0, .max = 1});
    f.number("random_share", random_share,
             "of those, the share replaced by any token; the rest stay as they are",
             {.min = 0, .max = 1});
    f.rule(mask_share + random_share <= 1, "random_share",
           "mask_share and random_share at most 1 together");
    f.number("short_fraction", short_fraction,
             "share of the samples that are cut to a random length and padded",
             {.min = 0, .max = 1});
    f.integer("seed", seed, "of the masks of evaluation; those of training follow train.seed",
              {.min = 0});
  }
};

// Wraps windows of text. Two tokens are added to the vocabulary: padding, and the mask.
class MaskedTokens final : public Dataset {
 public:
  MaskedTokens(const MaskedTokensOptions& options, std::unique_ptr<Dataset> text)
      : options_(options), text_(std::move(text)) {
    info_ = text_->info();
    if (!info_.next_token)
      throw Error(
          "[masked_tokens] takes windows of text, whose targets are the next tokens; data "
          "of type " +
          options.text.type + " have targets of their own");
    words_ = info_.vocab;
    padding_ = static_cast<int32_t>(words_);
    mask_ = padding_ + 1;
    info_.vocab += 2;
    info_.next_token = false;
  }

  Places places() const override { return text_->places(); }
  int64_t size(Split split) const override { return text_->size(split); }

  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const override {
    text_->fetch_training(draws, dtype, batch);
    hide(batch, draws.augment, static_cast<uint32_t>(draws.first));
  }
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const override {
    text_->fetch(split, first, count, dtype, batch);
    const RandomStream random(static_cast<uint64_t>(options_.seed),
                              stable_hash("data.masked_tokens"), static_cast<uint32_t>(split));
    hide(batch, random, static_cast<uint32_t>(first));
  }

  DataCard card() const override {
    DataCard card = text_->card();
    card.type = "masked_tokens";
    card.info = info_;
    return card;
  }
  // That of the text: its numbers stay, padding and mask come behind them.
  const Tokenizer* tokenizer() const override { return text_->tokenizer(); }

 private:
  void hide(Batch& batch, const RandomStream& random, uint32_t first_sample) const {
    const int64_t context = info_.context;
    batch.mask = Tensor::empty({batch.samples, context}, DType::kUInt8);
    for (int64_t i = 0; i < batch.samples; ++i) {
      RandomSequence draw(random, first_sample + static_cast<uint32_t>(i));
      hide(batch.input.data<int32_t>() + i * context, batch.target.data<int32_t>() + i * context,
           batch.mask.data<uint8_t>() + i * context, draw);
    }
  }

  // One window. Where it has no next token to predict, it repeats what another has: not asked.
  void hide(int32_t* input, int32_t* target, uint8_t* valid, RandomSequence& draw) const {
    const int64_t context = info_.context;
    int64_t length = context;
    if (draw.uniform() < options_.short_fraction)
      length = 1 + static_cast<int64_t>(draw.below(static_cast<uint64_t>(context)));
    for (int64_t t = 0; t < length; ++t) {
      const bool asked = draw.uniform() < options_.fraction && target[t] != kIgnored;
      target[t] = asked ? input[t] : kIgnored;
      valid[t] = 1;
      if (asked) input[t] = replacement(input[t], draw);
    }
    std::fill(input + length, input + context, padding_);
    std::fill(target + length, target + context, kIgnored);
    std::fill(valid + length, valid + context, uint8_t{0});
  }

  int32_t replacement(int32_t token, RandomSequence& draw) const {
    const double choice = draw.uniform();
    if (choice < options_.mask_share) return mask_;
    if (choice >= options_.mask_share + options_.random_share) return token;
    return static_cast<int32_t>(draw.below(static_cast<uint64_t>(words_)));
  }

  MaskedTokensOptions options_;
  std::unique_ptr<Dataset> text_;
  int64_t words_ = 0;
  int32_t padding_ = 0, mask_ = 0;
};

std::unique_ptr<Dataset> load(const MaskedTokensOptions& options, const DataRequest& request) {
  return std::make_unique<MaskedTokens>(options, load_dataset(options.text, request));
}

const RegisterData<MaskedTokensOptions> registered_masked_tokens(
    "masked_tokens", "windows of text in which some tokens are hidden",
    "Devlin et al. 2018 (BERT), arXiv:1810.04805", load);

}  // namespace
}  // namespace norma
