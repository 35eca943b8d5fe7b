#include "data/encoded_input.hpp"

#include <algorithm>
#include <utility>

#include "parallel/parallel.hpp"

namespace snnff {

bool comes_constant(const DataSpec& data, const Dataset& dataset) {
    return data.encoding->constant() && !dataset.series;
}

EncodedInput::EncodedInput(const Presented& presented, std::vector<Variant> variants, const Dropout* dropout)
    : encoding_(*presented.data.encoding),
      time_(presented.time),
      dataset_(presented.dataset),
      variants_(std::move(variants)),
      samples_(presented.samples.begin(), presented.samples.end()) {
    for (const std::uint32_t sample : samples_) {
        draws_.push_back(derived(presented.seed, Stream::input_spikes, sample, presented.number));
    }
    for (std::size_t v = 0; v < variants_.size(); ++v) {
        std::size_t b = 0;
        while (b < first_with_base_.size() &&
               variants_[first_with_base_[b]].base.data() != variants_[v].base.data()) {
            ++b;
        }
        if (b == first_with_base_.size()) first_with_base_.push_back(v);
        base_of_.push_back(b);
        changing_.insert(changing_.end(), variants_[v].index.begin(), variants_[v].index.end());
    }
    std::ranges::sort(changing_);
    changing_.erase(std::unique(changing_.begin(), changing_.end()), changing_.end());
    if (dropout == nullptr) return;
    keep_.resize(samples_.size(), dataset_.n_inputs());
    keep_.fill(1.0f);
    for_blocks(keep_.rows(), 16, [&](std::size_t first, std::size_t count) {
        leave_out(*dropout, 0, keep_.view().rows(first, count), first);
    });
}

bool EncodedInput::spiking() const noexcept {
    return !encoding_.constant() || (dataset_.series && dataset_.series->events());
}

class EncodedSteps final : public StepSource::Steps {
  public:
    void begin(const EncodedInput& input, std::size_t first, std::size_t count) {
        input_ = &input;
        first_ = first;
        count_ = count;
        step_ = 0;
        changes_.resize(input.n_variants());
        if (!input.dataset_.series || input.encoding_.constant()) return;
        before_.resize(count, input.dataset_.n_inputs());
        before_.fill(0.0f);
    }

    void next(std::span<const MatrixView> bases) override {
        const std::size_t n_steps = bases.front().rows() / count_;
        for (std::size_t b = 0; b < bases.size(); ++b) {
            for (std::size_t s = 0; s < count_; ++s) {
                // the rows of one sample, every count-th of the block
                const MatrixView rows(bases[b].row(s).data(), n_steps, bases[b].cols(),
                                      bases[b].stride() * count_);
                if (input_->dataset_.series) {
                    encode_series(s, rows);
                } else {
                    encode_static(input_->variants_[input_->first_with_base_[b]].base.row(first_ + s), s,
                                  rows);
                }
                leave_out(s, rows);
            }
        }
        for (std::size_t v = 0; v < changes_.size(); ++v) change(v, n_steps);
        step_ += static_cast<std::int64_t>(n_steps);
    }

    std::span<const StepSource::Change> changes(std::size_t variant) const override {
        return changes_[variant];
    }

  private:
    void encode_static(std::span<const float> value, std::size_t s, MatrixView rows) const {
        for (std::size_t t = 0; t < rows.rows(); ++t) {
            input_->encoding_.encode(value, value, input_->draws_[first_ + s], input_->time_, step_at(t),
                                     rows.row(t));
        }
    }

    void encode_series(std::size_t s, MatrixView rows) {
        const InputSeries& series = *input_->dataset_.series;
        const std::size_t n_given = series.n_inputs();
        const std::size_t sample = input_->dataset_.first_in_series + input_->samples_[first_ + s];
        for (std::size_t t = 0; t < rows.rows(); ++t) std::ranges::fill(rows.row(t).subspan(n_given), 0.0f);
        series.fill(sample, step_, rows.columns(0, n_given));
        if (input_->encoding_.constant()) return;
        values_.resize(1, rows.cols());
        for (std::size_t t = 0; t < rows.rows(); ++t) {
            std::ranges::copy(rows.row(t), values_.row(0).begin());
            input_->encoding_.encode(values_.row(0), before_.row(s), input_->draws_[first_ + s],
                                     input_->time_, step_at(t), rows.row(t));
            std::ranges::copy(values_.row(0), before_.row(s).begin());
        }
    }

    void leave_out(std::size_t s, MatrixView rows) const {
        if (input_->keep_.empty()) return;
        const auto keep = input_->keep_.row(first_ + s);
        for (std::size_t t = 0; t < rows.rows(); ++t) {
            const auto row = rows.row(t);
            for (std::size_t i = 0; i < row.size(); ++i) row[i] *= keep[i];
        }
    }

    void change(std::size_t v, std::size_t n_steps) {
        const Variant& variant = input_->variants_[v];
        const Encoding& encoding = input_->encoding_;
        changes_[v].clear();
        changes_[v].reserve(n_steps * count_ * variant.n_changes);
        for (std::size_t t = 0; t < n_steps; ++t) {
            for (std::size_t s = 0; s < count_; ++s) {
                const Seed draws = input_->draws_[first_ + s];
                for (std::size_t c = 0; c < variant.n_changes; ++c) {
                    const std::size_t i = (first_ + s) * variant.n_changes + c;
                    const std::uint32_t input = variant.index[i];
                    const float value = variant.value[i];
                    const float given =
                        encoding.passes_labels()
                            ? value
                            : encoding.at(value, value, draws, input_->time_, step_at(t), input);
                    if (given == 0.0f) continue;
                    const auto column = std::ranges::lower_bound(input_->changing_, input);
                    changes_[v].push_back({static_cast<std::uint32_t>(t * count_ + s),
                                           static_cast<std::uint32_t>(column - input_->changing_.begin()),
                                           given});
                }
            }
        }
    }

    std::int64_t step_at(std::size_t t) const noexcept { return step_ + static_cast<std::int64_t>(t); }

    const EncodedInput* input_ = nullptr;
    std::size_t first_ = 0, count_ = 0;
    std::int64_t step_ = 0;
    Matrix values_, before_;  // [1 x input], [sample x input]: where inputs vary in time
    std::vector<std::vector<StepSource::Change>> changes_;  // [variant]
};

std::unique_ptr<StepSource::Steps> EncodedInput::open(std::size_t first, std::size_t count) const {
    std::unique_ptr<Steps> steps;
    reopen(steps, first, count);
    return steps;
}

void EncodedInput::reopen(std::unique_ptr<Steps>& steps, std::size_t first, std::size_t count) const {
    auto* of_these = dynamic_cast<EncodedSteps*>(steps.get());
    if (of_these == nullptr) {
        auto made = std::make_unique<EncodedSteps>();
        of_these = made.get();
        steps = std::move(made);
    }
    of_these->begin(*this, first, count);
}

}  // namespace snnff
