#include "engine/stored_steps.hpp"

#include <algorithm>

namespace snnff {

class StoredSteps::Block final : public Steps {
  public:
    Block(const StoredSteps& of, std::size_t first, std::size_t count)
        : of_(&of), first_(first), count_(count) {}
    void next(std::span<const MatrixView> bases) override {
        const std::size_t n_rows = bases.front().rows();
        for (std::size_t v = 0; v < bases.size(); ++v) {
            for (std::size_t r = 0; r < n_rows; ++r) {
                const std::size_t step = step_ + r / count_;
                if (step < of_->delay_) {
                    std::ranges::fill(bases[v].row(r), 0.0f);
                } else {
                    std::ranges::copy(of_->sent_.row(v, first_ + r % count_, step - of_->delay_),
                                      bases[v].row(r).begin());
                }
            }
        }
        step_ += n_rows / count_;
    }

  private:
    const StoredSteps* of_;
    std::size_t first_, count_, step_ = 0;
};

std::unique_ptr<StepSource::Steps> StoredSteps::open(std::size_t first, std::size_t count) const {
    return std::make_unique<Block>(*this, first, count);
}

void StoredSteps::reopen(std::unique_ptr<Steps>& steps, std::size_t first, std::size_t count) const {
    auto* block = dynamic_cast<Block*>(steps.get());
    if (block == nullptr)
        steps = open(first, count);
    else
        *block = Block(*this, first, count);
}

}  // namespace snnff
