#include "run/epoch_account.hpp"

namespace snnff {

void EpochAccount::begin_epoch(const Position& at) {
    began_ = std::chrono::steady_clock::now();
    if (at.begins_epoch()) sums_.assign(sums_.size(), {});
}

void EpochAccount::add(const BatchOnItsWay& item, std::span<const Rule::Loss> losses, const Stage& stage,
                       Rule::Part part) {
    for (const Rule::Loss& found : losses) sums_[found.population].add_loss(found.loss, item.label.size());
    for (const std::size_t k : stage.learning) {
        if (k < part.first || k > part.last) continue;
        sums_[k].add(item.batch.activity(k), learning_.loss.get(), item.batch.n_positive(), item.label);
    }
}

EpochReport EpochAccount::report(const Position& at) const {
    EpochReport report;
    report.epoch = at.epoch();
    report.n_epochs = at.n_epochs();
    if (learning_.loss) report.words = learning_.loss->words();
    report.populations.resize(sums_.size());
    for (const std::size_t k : at.stage().learning)
        report.populations[k] = sums_[k].means(network_.populations[k]);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    return report;
}

}  // namespace snnff
